#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/test_gateway.h"

namespace gantry::cli {
namespace {

struct Terminal {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Console console{{.to = &out}, {.to = &err}, in};
};

std::string stream(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + body;
}

std::string result(const Json& id, const Json& value) {
  return compact({{"jsonrpc", "2.0"}, {"id", id}, {"result", value}});
}

/// The second page holds `fail`; both tools want what the schema says.
Json page(const Json& params) {
  const auto sum = Json::parse(R"({"name":"sum",
    "description":"Adds.\nMore.","inputSchema":{"type":"object",
    "properties":{"a":{"type":"number","description":"one"},"b":{"type":"number"}},
    "required":["a","b"]},
    "annotations":{"readOnlyHint":true}})");
  const auto fail = Json::parse(R"({"name":"fail","inputSchema":{"type":"object"}})");
  if (params.contains("cursor")) return {{"tools", {fail}}};
  return {{"tools", {sum}}, {"nextCursor", "next"}};
}

std::string call(const Json& id, const Json& params) {
  if (params["name"] == "fail") {
    return http_answer(
        200, "application/json",
        result(id, Json::parse(R"({"isError":true,"content":[{"type":"text","text":"broken"}]})")));
  }
  const auto sum = params["arguments"]["a"].get<int>() + params["arguments"]["b"].get<int>();
  const Json answer = {{"content", {{{"type", "text"}, {"text", std::to_string(sum)}}}},
                       {"structuredContent", {{"sum", sum}}}};
  return stream(
      "id: 1\ndata:\n\n"
      "data: "
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\n\n"
      "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"method\":\"ping\"}\n\n"
      "data: {\"jsonrpc\":\"2.0\",\"id\":\"s2\",\"method\":\"roots/list\"}\n\n"
      "data: " +
      result(id, answer) + "\n\n");
}

std::string mcp(const FakeRequest& request) {
  if (request.method == "DELETE") return http_answer(200, "text/plain", "");
  const auto message = Json::parse(request.body);
  const auto method = message.value("method", "");
  if (method == "initialize") {
    const Json hello = {{"protocolVersion", "2025-11-25"}, {"capabilities", Json::object()}};
    return http_answer(200, "application/json", result(message["id"], hello),
                       "Mcp-Session-Id: s-1\r\n");
  }
  if (method == "tools/list") {
    return http_answer(200, "application/json", result(message["id"], page(message["params"])));
  }
  if (method == "tools/call") return call(message["id"], message["params"]);
  return http_answer(202, "text/plain", "");
}

TEST(ToolLs, ReadsEachPage) {
  const FakeGateway gateway(mcp);
  Terminal terminal;
  EXPECT_EQ(tool_ls({}, terminal.console), 0) << terminal.err.str();
  EXPECT_EQ(terminal.out.str(), "TOOL  WHAT IT DOES\nsum   Adds.…\nfail\n");
  EXPECT_EQ(gateway.requests().front().target, "/mcp");
  Terminal names;
  EXPECT_EQ(tool_ls({.server = "my files", .names = true}, names.console), 0);
  EXPECT_EQ(names.out.str(), "sum\nfail\n");
  EXPECT_EQ(gateway.requests().back().target, "/servers/my%20files/mcp");
  EXPECT_EQ(gateway.requests().back().method, "DELETE");
}

TEST(ToolShow, TellsTheArguments) {
  const FakeGateway gateway(mcp);
  Terminal terminal;
  EXPECT_EQ(tool_show({.name = "sum", .server = {}}, terminal.console), 0);
  EXPECT_EQ(terminal.out.str(),
            "sum\nAdds.\nMore.\nThe server says: only reads\n\n"
            "ARGUMENT  TYPE    REQUIRED  WHAT IT IS\n"
            "a         number  yes       one\n"
            "b         number  yes\n");
}

TEST(ToolCall, TypesArgumentsAndReadsTheStream) {
  const FakeGateway gateway(mcp);
  Terminal terminal;
  EXPECT_EQ(
      tool_call({.name = "sum", .server = {}, .arguments = {"a=1", "b=2"}, .json_arguments = {}},
                terminal.console),
      0)
      << terminal.err.str();
  EXPECT_EQ(terminal.out.str(), "3\n");
  // The server's ping is answered, its other request refused; each request carries session and
  // version.
  std::string answers;
  for (const auto& request : gateway.requests()) {
    if (!request.body.contains("\"method\"") && request.method == "POST") answers += request.body;
    const bool first = request.body.contains("\"initialize\"");
    EXPECT_EQ(request.head.contains("Mcp-Session-Id: s-1\r\n"), !first) << request.head;
    EXPECT_EQ(request.head.contains("MCP-Protocol-Version: 2025-11-25\r\n"), !first);
  }
  EXPECT_NE(answers.find(R"("id":"s1","result":{})"), std::string::npos) << answers;
  EXPECT_NE(answers.find(R"("id":"s2","error":{"code":-32601)"), std::string::npos) << answers;
}

TEST(ToolCall, ReadsArgumentsFromStdinAndPrintsJson) {
  const FakeGateway gateway(mcp);
  Terminal terminal;
  terminal.in.str(R"({"a": 1, "b": 5})");
  EXPECT_EQ(
      tool_call(
          {.name = "sum", .server = {}, .arguments = {"b=9"}, .json_arguments = "-", .json = true},
          terminal.console),
      0);
  EXPECT_EQ(Json::parse(terminal.out.str())["structuredContent"]["sum"], 10);
}

TEST(ToolCall, EachFailureHasItsStatus) {
  const FakeGateway gateway(mcp);
  struct Case {
    ToolCallOptions options;
    int exit_status;
    const char* err;
  };
  for (const auto& [options, exit_status, err] : {
           Case{{.name = "fail", .server = {}, .arguments = {}, .json_arguments = {}}, 5, ""},
           Case{{.name = "smu", .server = {}, .arguments = {}, .json_arguments = {}},
                1,
                "error: no tool 'smu'\nhint: did you mean 'sum'? see: gantry tool ls\n"},
           Case{{.name = "sum", .server = {}, .arguments = {"a=1"}, .json_arguments = {}},
                2,
                "error: missing argument 'b'\nhint: add --arg b=number\n"},
           Case{
               {.name = "sum", .server = {}, .arguments = {"a=x"}, .json_arguments = {}},
               2,
               "error: argument 'a': 'x' is not of type number\nhint: see: gantry tool show sum\n"},
           Case{{.name = "sum", .server = {}, .arguments = {}, .json_arguments = "{"},
                2,
                "error: --json-args is not JSON\n"},
       }) {
    Terminal terminal;
    EXPECT_EQ(tool_call(options, terminal.console), exit_status);
    EXPECT_EQ(terminal.err.str(), err);
  }
}

TEST(ToolCall, TheGatewaysRefusalIsTold) {
  const FakeGateway gateway([](const FakeRequest& request) {
    if (request.body.contains("tools/list")) {
      return http_answer(
          200, "application/json",
          R"({"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"server 'x' failed"}})");
    }
    return mcp(request);
  });
  Terminal terminal;
  EXPECT_EQ(tool_ls({}, terminal.console), 4);
  EXPECT_EQ(terminal.err.str(), "error: server 'x' failed\n");
  const FakeGateway closed([](const FakeRequest&) {
    return http_answer(401, "application/json",
                       R"({"error":{"code":"unauthenticated","message":"no token"}})");
  });
  Terminal refused;
  EXPECT_EQ(tool_ls({}, refused.console), 3);
}

}  // namespace
}  // namespace gantry::cli
