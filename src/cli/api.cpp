#include "cli/api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace gantry::cli {
namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;

Code code_named(std::string_view name, int status) {
  for (auto i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    const auto code = static_cast<Code>(i);
    if (base::row(code).name == name) return code;
  }
  switch (status) {
    case 400:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 429:
      return Code::kLimit;
    case 502:
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kTimeout;
    default:
      return Code::kInternal;
  }
}

Result<Exchange> start(std::string_view method, std::string_view target, Patience patience) {
  const auto endpoint = GANTRY_TRY(admin_endpoint());
  const Call call{.method = std::string(method),
                  .target = std::string(target),
                  .headers = {{"Accept", "application/json, text/event-stream"}},
                  .body = {}};
  auto exchange = Exchange::start(endpoint, call, patience);
  if (!exchange) return std::unexpected(as_gateway_error(std::move(exchange).error()));
  return exchange;
}

}  // namespace

Error no_gateway() {
  return {.code = Code::kUnavailable,
          .message = "no gateway runs here",
          .hint = "start one: gantry up",
          .context = {}};
}

Error as_gateway_error(Error error) {
  if (error.code == Code::kNotFound || error.code == Code::kUnavailable) return no_gateway();
  if (error.code == Code::kForbidden) error.hint = "the gateway belongs to another user";
  return error;
}

Result<Endpoint> admin_endpoint() {
  return Endpoint{GANTRY_TRY(base::state_folder()) / "gantry.sock", {}, 0};
}

Result<GatewayState> read_gateway_state() {
  const auto path = GANTRY_TRY(base::state_folder()) / "gateway.json";
  const auto text = base::read_file(path, 1U << 20U);
  if (!text) return std::unexpected(as_gateway_error(text.error()));
  const auto json = GANTRY_TRY(parse_json(*text, path.string()));
  return GatewayState{.pid = static_cast<int>(number_at(json, "pid")),
                      .endpoint = text_at(json, "endpoint"),
                      .log = text_at(json, "log")};
}

Error error_of(int status, std::string_view body) {
  const auto json = parse_json(body, "the answer");
  const Json nothing;
  const auto& error = json ? member(*json, "error") : nothing;
  auto message = text_at(error, "message");
  if (message.empty()) message = fmt::format("the gateway answered with status {}", status);
  return {.code = code_named(text_at(error, "code"), status),
          .message = std::move(message),
          .hint = text_at(error, "hint"),
          .context = {}};
}

Result<Json> ask_gateway(std::string_view method, std::string_view target) {
  auto exchange = GANTRY_TRY(start(method, target, Patience{}));
  const auto body = GANTRY_TRY(exchange.body());
  if (exchange.head().status >= 400) {
    return std::unexpected(error_of(exchange.head().status, body));
  }
  return body.empty() ? Json::object() : parse_json(body, "the gateway's answer");
}

Result<> follow_gateway(std::string_view target, const Follower& follower) {
  // A quiet server writes nothing for hours; the gateway's end closes the stream.
  constexpr Patience kEndless{.silence = std::chrono::hours(24 * 7)};
  auto exchange = GANTRY_TRY(start("GET", target, kEndless));
  if (exchange.head().status >= 400) {
    return std::unexpected(error_of(exchange.head().status, GANTRY_TRY(exchange.body())));
  }
  GANTRY_TRY(follower.opened());
  EventReader events;
  while (true) {
    const auto piece = GANTRY_TRY(exchange.more());
    if (piece.empty()) return {};
    GANTRY_TRY(events.feed(piece));
    while (const auto event = events.take()) GANTRY_TRY(follower.event(event->data));
  }
}

}  // namespace gantry::cli
