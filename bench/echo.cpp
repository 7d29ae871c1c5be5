#include "echo.h"

#include "json.h"

namespace gantry::bench {
namespace {

constexpr std::string_view kTools =
    R"({"tools":[{"name":"echo","description":"Gives its text back.",)"
    R"("inputSchema":{"type":"object",)"
    R"("properties":{"text":{"type":"string"}},"required":["text"]}}]})";

void begin(std::string_view id, std::string_view kind, std::string& out) {
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += ",\"";
  out += kind;
  out += "\":";
}

void error(std::string_view id, std::string_view code_and_message, std::string& out) {
  begin(id, "error", out);
  out += code_and_message;
  out += '}';
}

void initialize(std::string_view id, std::string_view params, std::string& out) {
  const std::string_view version = member(params, "protocolVersion");
  begin(id, "result", out);
  out += R"({"protocolVersion":)";
  out += version.empty() ? R"("2025-11-25")" : version;
  out += R"(,"capabilities":{"tools":{}},"serverInfo":{"name":"bench-echo","version":"1"}}})";
}

void call(std::string_view id, std::string_view params, std::string& out) {
  if (member(params, "name") != R"("echo")") {
    return error(id, R"({"code":-32602,"message":"unknown tool"})", out);
  }
  const std::string_view text = member(member(params, "arguments"), "text");
  begin(id, "result", out);
  out += R"({"content":[{"type":"text","text":)";
  out += text.empty() || text[0] != '"' ? R"("")" : text;
  out += "}]}}";
}

}  // namespace

Outcome echo(std::string_view message, std::string& out) {
  std::string_view id;
  std::string_view method;
  std::string_view params;
  const bool whole = for_each_member(message, [&](std::string_view key, std::string_view value) {
    if (key == "id") id = value;
    if (key == "method") method = value;
    if (key == "params") params = value;
  });
  if (!whole) return Outcome::kMalformed;
  if (id.empty() || method.empty()) return Outcome::kNothing;
  if (method == R"("tools/call")") {
    call(id, params, out);
  } else if (method == R"("initialize")") {
    initialize(id, params, out);
    return Outcome::kInitialize;
  } else if (method == R"("ping")") {
    begin(id, "result", out);
    out += "{}}";
  } else if (method == R"("tools/list")") {
    begin(id, "result", out);
    out += kTools;
    out += '}';
  } else {
    error(id, R"({"code":-32601,"message":"method not found"})", out);
  }
  return Outcome::kAnswered;
}

}  // namespace gantry::bench
