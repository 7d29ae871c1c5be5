// Parse, compose, run.
#include "app/connect.h"
#include "app/gateway.h"
#include "cli/cli.h"

int main(int count, char** arguments) {
  const gantry::cli::Hooks hooks{.up = gantry::app::run_up, .connect = gantry::app::run_connect};
  return gantry::cli::run({arguments, static_cast<std::size_t>(count)}, hooks);
}
