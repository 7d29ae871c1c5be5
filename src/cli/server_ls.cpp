#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/server_view.h"

namespace gantry::cli {

int server_ls(const ServerListOptions& options, Console& console) {
  const auto answer = ask_gateway("GET", "/api/v1/status");
  if (!answer) return console.fail(answer.error());
  const auto& servers = member(*answer, "servers");
  if (options.json) {
    console.out() << indented(servers) << '\n';
  } else if (options.names) {
    for (const auto& server : servers) console.out() << text_at(server, "name") << '\n';
  } else {
    console.out() << table(server_rows(servers), console);
  }
  return 0;
}

}  // namespace gantry::cli
