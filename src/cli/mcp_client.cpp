#include "cli/mcp_client.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/strings.h"
#include "base/version.h"
#include "cli/api.h"

namespace gantry::cli {
namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;

constexpr const char* kRevision = "2025-11-25";

Code code_of(long long json_rpc) {
  switch (json_rpc) {
    case -32602:
      return Code::kInvalid;
    case -32601:
      return Code::kUnknownMethod;
    case -32001:
      return Code::kForbidden;
    case -32000:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

/// The result of an answer, or its error.
Result<Json> result_of(const Json& answer) {
  const auto& error = member(answer, "error");
  if (error.is_object()) {
    return fail(code_of(number_at(error, "code")), text_at(error, "message"),
                text_at(member(error, "data"), "hint"));
  }
  const auto& result = member(answer, "result");
  if (!result.is_object()) return fail(Code::kInternal, "the gateway's answer has no result");
  return result;
}

/// The error of a refused request: JSON-RPC's where the body has one, else the API's or the status.
Error refusal(int status, const std::string& body) {
  auto error = error_of(status, body);
  const auto json = parse_json(body, "the answer");
  const bool by_status = status == 401 || status == 403 || status == 404 || status >= 500;
  if (!json || by_status || !member(member(*json, "error"), "code").is_number()) return error;
  error.code = code_of(number_at(member(*json, "error"), "code"));
  return error;
}

Progress progress_of(const Json& params) {
  Progress out;
  const auto& done = member(params, "progress");
  const auto& total = member(params, "total");
  if (done.is_number()) out.done = done.get<double>();
  if (total.is_number()) out.total = total.get<double>();
  out.message = text_at(params, "message");
  return out;
}

}  // namespace

std::string mcp_path(const std::string& server) {
  return server.empty() ? "/mcp" : fmt::format("/servers/{}/mcp", base::percent_encode(server));
}

Result<> McpSession::open() {
  const Json params = {{"protocolVersion", kRevision},
                       {"capabilities", Json::object()},
                       {"clientInfo", {{"name", "gantry"}, {"version", base::version()}}}};
  const auto result = GANTRY_TRY(request("initialize", params, {}));
  version_ = text_at(result, "protocolVersion");
  const Json ready = {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}};
  auto exchange = GANTRY_TRY(send("POST", compact(ready)));
  const auto body = GANTRY_TRY(exchange.body());
  if (exchange.head().status >= 400) {
    return std::unexpected(refusal(exchange.head().status, body));
  }
  return {};
}

Result<Json> McpSession::tools() {
  auto all = Json::array();
  Json params = Json::object();
  for (int page = 0; page < 1000; ++page) {
    const auto result = GANTRY_TRY(request("tools/list", params, {}));
    const auto& tools = member(result, "tools");
    if (!tools.is_array()) return fail(Code::kInternal, "the list of tools is no array");
    all.insert(all.end(), tools.begin(), tools.end());
    const auto& cursor = member(result, "nextCursor");
    if (!cursor.is_string()) return all;
    params["cursor"] = cursor;
  }
  return fail(Code::kLimit, "the list of tools has over 1000 pages");
}

Result<Json> McpSession::call(const std::string& tool, const Json& arguments,
                              const OnProgress& on_progress) {
  const Json params = {
      {"name", tool}, {"arguments", arguments}, {"_meta", {{"progressToken", "call"}}}};
  return request("tools/call", params, on_progress);
}

void McpSession::close() {
  if (session_.empty()) return;
  if (auto exchange = send("DELETE", {})) {
    [[maybe_unused]] const auto ignored = exchange->body();
  }
  session_.clear();
}

Result<Json> McpSession::request(const std::string& method, const Json& params,
                                 const OnProgress& on_progress) {
  const auto id = ++last_id_;
  const Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  auto exchange = GANTRY_TRY(send("POST", compact(message)));
  const auto& head = exchange.head();
  if (head.status >= 400) {
    const auto body = GANTRY_TRY(exchange.body());
    return std::unexpected(refusal(head.status, body));
  }
  if (session_.empty()) session_ = head.header("mcp-session-id");
  if (head.header("content-type").starts_with("text/event-stream")) {
    return read_events(exchange, id, on_progress);
  }
  const auto body = GANTRY_TRY(exchange.body());
  return result_of(GANTRY_TRY(parse_json(body, "the gateway's answer")));
}

Result<Exchange> McpSession::send(std::string_view method, std::string body) {
  Call call{.method = std::string(method),
            .target = path_,
            .headers = {{"Accept", "application/json, text/event-stream"}},
            .body = std::move(body)};
  if (!call.body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  if (!session_.empty()) call.headers.emplace_back("Mcp-Session-Id", session_);
  if (!version_.empty()) call.headers.emplace_back("MCP-Protocol-Version", version_);
  return Exchange::start(endpoint_, call, patience_);
}

Result<Json> McpSession::read_events(Exchange& exchange, long long id,
                                     const OnProgress& on_progress) {
  EventReader events;
  while (true) {
    const auto piece = GANTRY_TRY(exchange.more());
    if (piece.empty()) {
      return fail(Code::kUnavailable, "the stream ended before the answer came",
                  "see what happened: gantry status");
    }
    GANTRY_TRY(events.feed(piece));
    while (const auto event = events.take()) {
      const auto message = GANTRY_TRY(parse_json(event->data, "an event of the gateway"));
      const auto method = text_at(message, "method");
      if (method.empty() && number_at(message, "id") == id) return result_of(message);
      if (method == "notifications/progress" && on_progress) {
        on_progress(progress_of(member(message, "params")));
      }
      if (!method.empty() && !member(message, "id").is_null()) GANTRY_TRY(refuse(message));
    }
  }
}

Result<> McpSession::refuse(const Json& asked) {
  Json answer = {{"jsonrpc", "2.0"}, {"id", member(asked, "id")}};
  if (text_at(asked, "method") == "ping") {
    answer["result"] = Json::object();
  } else {
    answer["error"] = {{"code", -32601}, {"message", "gantry's tool command answers no requests"}};
  }
  auto exchange = GANTRY_TRY(send("POST", compact(answer)));
  GANTRY_TRY(exchange.body());
  return {};
}

Result<> with_session(const std::string& server, Patience patience,
                      const std::function<Result<>(McpSession&)>& use) {
  McpSession session(GANTRY_TRY(admin_endpoint()), mcp_path(server), patience);
  if (auto opened = session.open(); !opened) {
    auto error = std::move(opened).error();
    // Before a session there is one connection attempt: what refuses it is the absence of a
    // gateway.
    const bool refused = error.message.starts_with("cannot connect");
    if (!server.empty() && error.hint.empty()) error.hint = "see the servers: gantry server ls";
    return std::unexpected(refused ? as_gateway_error(std::move(error)) : std::move(error));
  }
  auto used = use(session);
  session.close();
  return used;
}

Result<Json> find_tool(const Json& tools, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& tool : tools) {
    if (text_at(tool, "name") == name) return tool;
    names.push_back(text_at(tool, "name"));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = base::nearest(name, views);
  return fail(
      Code::kNotFound, fmt::format("no tool '{}'", name),
      near ? fmt::format("did you mean '{}'? see: gantry tool ls", *near) : "see: gantry tool ls");
}

}  // namespace gantry::cli
