#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/server_view.h"

namespace gantry::cli {

int server_restart(const ServerRestartOptions& options, Console& console) {
  const auto answer = ask_gateway("POST", server_target(options.name, "/restart"));
  if (!answer) return console.fail(with_known_servers(answer.error(), options.name));
  if (options.json) {
    console.out() << fmt::format("{{\"server\":{},\"restarting\":true}}\n",
                                 base::json_quote(options.name));
  } else {
    console.note(
        fmt::format("{} restarts; follow it: gantry server show {}", options.name, options.name));
  }
  return 0;
}

}  // namespace gantry::cli
