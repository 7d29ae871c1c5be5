#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"

namespace gantry::cli {
namespace {

using base::Result;

std::string_view name_of(Probe probe) {
  switch (probe) {
    case Probe::kStartup:
      return "startup";
    case Probe::kLiveness:
      return "liveness";
    case Probe::kReadiness:
      return "readiness";
  }
  return "readiness";
}

struct Answer {
  int status = 0;
  std::string body;
};

Result<Answer> ask(const HealthOptions& options) {
  auto url = options.url;
  if (url.empty()) url = GANTRY_TRY(read_gateway_state()).endpoint;
  const auto endpoint = GANTRY_TRY(parse_endpoint(url));
  // A container's health check is given a few seconds: say "unreachable" before it gives up on us.
  constexpr Patience kShort{.silence = std::chrono::seconds(5)};
  const Call call{.target = fmt::format("/health/{}", name_of(options.probe)),
                  .headers = {{"Accept", "application/json"}},
                  .body = {}};
  auto exchange = Exchange::start(endpoint, call, kShort);
  if (!exchange) {
    auto error = std::move(exchange).error();
    if (error.code != base::Code::kTimeout) error.code = base::Code::kUnavailable;
    if (error.hint.empty()) error.hint = "is it running? gantry status";
    return std::unexpected(std::move(error));
  }
  auto body = GANTRY_TRY(exchange->body());
  return Answer{.status = exchange->head().status, .body = std::move(body)};
}

/// What the body tells: its "cause" or the API's error message, or the text itself.
std::string cause_in(const std::string& body) {
  const auto json = parse_json(body, "the body");
  if (!json) return one_line(body, 200);
  if (auto cause = text_at(*json, "cause"); !cause.empty()) return cause;
  if (auto message = text_at(member(*json, "error"), "message"); !message.empty()) return message;
  return compact(*json);
}

}  // namespace

int health(const HealthOptions& options, Console& console) {
  const auto answer = ask(options);
  if (!answer) return console.fail(answer.error());
  const bool good = answer->status >= 200 && answer->status < 300;
  if (options.json) {
    const auto body = parse_json(answer->body, "the body");
    const Json out = {{"probe", name_of(options.probe)},
                      {"ok", good},
                      {"status", answer->status},
                      {"body", body ? *body : Json(answer->body)}};
    console.out() << indented(out) << '\n';
  } else if (good) {
    console.out() << name_of(options.probe) << ": ok\n";
  } else {
    console.out() << name_of(options.probe) << ": " << printable(cause_in(answer->body)) << '\n';
  }
  return good ? 0 : 1;
}

}  // namespace gantry::cli
