#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/server_view.h"

namespace gantry::cli {
namespace {

std::vector<Row> facts(const Json& server) {
  const auto& info = member(server, "server_info");
  const auto count = [&](const char* key) { return number_at(server, key); };
  std::vector<Row> rows{
      {"server", {text_at(server, "name"), Colour::kBold}},
      {"state", state_cell(text_at(server, "state"))},
      {"cause", cause_of(server)},
      {text_at(server, "kind"), printable(text_at(server, "target"))},
      {"calls itself", printable(text_at(info, "name") + ' ' + text_at(info, "version"))},
      {"protocol", text_at(server, "protocol_version")},
      {"offers", fmt::format("{} tools, {} resources, {} prompts ({} lists)", count("tools"),
                             count("resources"), count("prompts"), text_at(server, "lists"))},
      {"share", text_at(server, "share") +
                    (flag_at(server, "asks_client") ? "; it asks something of its clients" : "")},
      {"restarts", std::to_string(count("restarts"))},
      {"garbage lines", std::to_string(count("garbage_lines"))},
  };
  std::erase_if(
      rows, [](const Row& row) { return row[1].text.find_first_not_of(' ') == std::string::npos; });
  return rows;
}

std::vector<Row> instances(const Json& server) {
  std::vector<Row> rows;
  for (const auto& each : member(server, "instances")) {
    const auto& id = member(each, "id");
    rows.push_back({id.is_string() ? id.get<std::string>() : compact(id),
                    std::to_string(number_at(each, "pid")), state_cell(text_at(each, "state")),
                    std::to_string(number_at(each, "sessions")),
                    std::to_string(number_at(each, "in_flight")),
                    span_text(number_at(each, "since_ms"))});
  }
  if (rows.empty()) return rows;
  Row header;
  for (const auto* title : {"INSTANCE", "PID", "STATE", "SESSIONS", "IN FLIGHT", "FOR"}) {
    header.emplace_back(title, Colour::kDim);
  }
  rows.insert(rows.begin(), std::move(header));
  return rows;
}

}  // namespace

int server_show(const ServerShowOptions& options, Console& console) {
  const auto server = ask_gateway("GET", server_target(options.name, ""));
  if (!server) return console.fail(with_known_servers(server.error(), options.name));
  if (options.json) {
    console.out() << indented(*server) << '\n';
    return 0;
  }
  console.out() << table(facts(*server), console);
  const auto rows = instances(*server);
  if (!rows.empty()) console.out() << '\n' << table(rows, console);
  const auto& lines = member(*server, "last_stderr");
  if (!lines.empty()) console.out() << "\nIts last lines on stderr:\n";
  for (const auto& line : lines) {
    if (line.is_string()) console.out() << "  " << printable(line.get<std::string>()) << '\n';
  }
  return 0;
}

}  // namespace gantry::cli
