#include "cli/server_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/time.h"
#include "cli/api.h"

namespace gantry::cli {
namespace {

std::size_t instances_of(const Json& server) { return member(server, "instances").size(); }

}  // namespace

std::string span_text(long long millis) {
  constexpr long long kSecond = 1000;
  constexpr long long kMinute = 60 * kSecond;
  constexpr long long kHour = 60 * kMinute;
  constexpr long long kDay = 24 * kHour;
  const auto left = std::max(millis, 0LL);
  // What is cut off below the second unit nobody reads.
  auto unit = 1LL;
  if (left >= kSecond) unit = kSecond;
  if (left >= kHour) unit = kMinute;
  if (left >= kDay) unit = kHour;
  return base::format_duration(base::Millis(left / unit * unit));
}

std::string cause_of(const Json& server) {
  auto cause = one_line(text_at(server, "cause"), 100);
  const auto& next = member(server, "next_try_ms");
  if (next.is_number()) {
    cause += fmt::format("{}next try in {}", cause.empty() ? "" : "; ",
                         span_text(number_at(server, "next_try_ms")));
  }
  if (const auto waiting = number_at(server, "instance_limit_waiting"); waiting > 0) {
    cause += fmt::format("{}{} sessions wait for an instance", cause.empty() ? "" : "; ", waiting);
  }
  return cause;
}

Cell state_cell(const std::string& state) {
  if (state == "ready") return {state, Colour::kGreen};
  if (state == "failed") return {state, Colour::kRed};
  const bool between = state == "starting" || state == "stopping";
  return {state, between ? Colour::kYellow : Colour::kNone};
}

std::vector<Row> server_rows(const Json& servers) {
  std::vector<Row> rows;
  Row header;
  for (const auto* title :
       {"SERVER", "STATE", "TOOLS", "LISTS", "INSTANCES", "RESTARTS", "CAUSE"}) {
    header.emplace_back(title, Colour::kDim);
  }
  rows.push_back(std::move(header));
  for (const auto& server : servers) {
    rows.push_back({text_at(server, "name"), state_cell(text_at(server, "state")),
                    std::to_string(number_at(server, "tools")), text_at(server, "lists"),
                    std::to_string(instances_of(server)),
                    std::to_string(number_at(server, "restarts")), cause_of(server)});
  }
  return rows;
}

std::string server_target(const std::string& name, std::string_view rest) {
  return fmt::format("/api/v1/servers/{}{}", base::percent_encode(name), rest);
}

base::Error with_known_servers(base::Error error, const std::string& name) {
  if (error.code != base::Code::kNotFound || !error.hint.empty()) return error;
  error.hint = "see the servers: gantry server ls";
  const auto status = ask_gateway("GET", "/api/v1/status");
  if (!status) return error;
  std::vector<std::string> names;
  for (const auto& server : member(*status, "servers")) names.push_back(text_at(server, "name"));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = base::nearest(name, views);
  if (near) error.hint = fmt::format("did you mean '{}'? {}", *near, error.hint);
  return error;
}

}  // namespace gantry::cli
