#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/server_view.h"

namespace gantry::cli {
namespace {

std::string joined(const Json& texts, std::string_view suffix) {
  std::string out;
  for (const auto& each : texts) {
    if (!each.is_string()) continue;
    if (!out.empty()) out += ", ";
    out += each.get<std::string>();
    if (!each.get<std::string>().starts_with("unix:")) out += suffix;
  }
  return out;
}

std::vector<Row> summary(const Json& status) {
  const bool ready = flag_at(status, "ready");
  auto endpoints = joined(member(status, "endpoints"), "/mcp");
  if (endpoints.empty()) endpoints = text_at(status, "endpoint") + "/mcp";
  return {
      {"gateway", {ready ? "ready" : "not ready", ready ? Colour::kGreen : Colour::kYellow}},
      {"version", fmt::format("{}, process {}, up {}", text_at(status, "version"),
                              number_at(status, "pid"), span_text(number_at(status, "uptime_ms")))},
      {"endpoint", endpoints},
      {"config", text_at(status, "config")},
      {"load", fmt::format("{} sessions, {} streams, {} in flight, {} connections, {} MiB resident",
                           number_at(status, "sessions"), number_at(status, "streams"),
                           number_at(status, "in_flight"), number_at(status, "connections"),
                           number_at(status, "resident_bytes") >> 20)},
  };
}

}  // namespace

int status(const StatusOptions& options, Console& console) {
  const auto answer = ask_gateway("GET", "/api/v1/status");
  if (!answer) return console.fail(answer.error());
  if (options.json) {
    console.out() << indented(*answer) << '\n';
    return 0;
  }
  console.out() << table(summary(*answer), console) << '\n'
                << table(server_rows(member(*answer, "servers")), console);
  for (const auto& conflict : member(*answer, "uri_conflicts")) {
    console.note(
        fmt::format("several servers offer {}: see gantry doctor", text_at(conflict, "uri")));
  }
  return 0;
}

}  // namespace gantry::cli
