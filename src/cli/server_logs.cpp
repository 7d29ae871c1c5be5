#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/server_view.h"

namespace gantry::cli {
namespace {

void print(const Json& line, const ServerLogsOptions& options, Console& console) {
  if (options.json) {
    console.out() << compact(line) << '\n';  // an object a line, so that it can be followed
    return;
  }
  console.out() << console.painted(Colour::kDim, text_at(line, "at")) << ' '
                << printable(text_at(line, "text")) << '\n';
}

}  // namespace

int server_logs(const ServerLogsOptions& options, Console& console) {
  std::set<std::string> printed;
  const auto backlog = [&]() -> base::Result<> {
    const auto rest = fmt::format("/logs?lines={}", options.lines);
    const auto answer = GANTRY_TRY(ask_gateway("GET", server_target(options.name, rest)));
    for (const auto& line : member(answer, "lines")) {
      print(line, options, console);
      if (options.follow) printed.insert(compact(line));
    }
    console.out().flush();
    return {};
  };
  // The stream is opened before the backlog is read: no line is lost, and those in both are told
  // once.
  const auto event = [&](const std::string& data) -> base::Result<> {
    const auto line = GANTRY_TRY(parse_json(data, "an event of the gateway"));
    if (printed.erase(compact(line)) > 0) return {};
    print(line, options, console);
    console.out().flush();
    return {};
  };
  const auto done = options.follow ? follow_gateway(server_target(options.name, "/logs?follow=1"),
                                                    {.opened = backlog, .event = event})
                                   : backlog();
  return done ? 0 : console.fail(with_known_servers(done.error(), options.name));
}

}  // namespace gantry::cli
