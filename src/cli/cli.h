// The program's commands: reads the arguments, runs one command, gives the exit status.
#pragma once

#include <functional>
#include <span>

#include "cli/options.h"

namespace gantry::cli {

/// The two commands that run the gateway itself; they live above this folder. Each gives the exit
/// status.
struct Hooks {
  std::function<int(const UpOptions&)> up;
  std::function<int(const ConnectOptions&)> connect;
};

/// `arguments` as main has them, the program's name first. Exit status: 0 ok, 1 failed, 2 usage,
/// 3 not allowed, 4 unreachable, 5 a tool answered with an error. Blocks; one thread.
[[nodiscard]] int run(std::span<char* const> arguments, const Hooks& hooks);

}  // namespace gantry::cli
