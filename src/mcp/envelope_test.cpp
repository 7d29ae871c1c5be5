#include "mcp/envelope.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gantry::mcp {
namespace {

/// A request with these params, or an envelope with these members before its `jsonrpc`.
std::string with_params(std::string_view params) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"m","params":{}}})", params);
}
std::string with(std::string_view members) {
  return fmt::format(R"({{{},"jsonrpc":"2.0"}})", members);
}

struct Shape {
  std::string_view members;
  Kind kind;
};

TEST(Scan, Kinds) {
  constexpr Shape kTable[] = {
      {R"("id":1,"method":"m")", Kind::kRequest},
      {R"("method":"m","id":"a")", Kind::kRequest},
      {R"("method":"m")", Kind::kNotification},
      {R"("method":"m","params":{})", Kind::kNotification},
      {R"("params":{},"method":"m","id":1)", Kind::kRequest},
      {R"("id":1,"result":{})", Kind::kResult},
      {R"("result":{"a":[1,{"b":2}]},"id":1)", Kind::kResult},
      {R"("id":1,"error":{"code":-32601,"message":"no"})", Kind::kError},
      {R"("id":null,"error":{"message":"no","code":-32700,"data":null})", Kind::kError},
      {R"("error":{"code":1,"message":""})", Kind::kError},
      {R"("method":"m","unknown":[{"id":2,"method":3}],"Id":null,"METHOD":1)", Kind::kNotification},
      {R"("method":"")", Kind::kNotification},
      {R"("\u006dethod":"m","\u0069\u0064":3)", Kind::kRequest},
      {R"("id":1,"result":{"method":1,"id":null,"error":2})", Kind::kResult},
  };
  for (const auto& row : kTable) {
    const auto scanned = scan(with(row.members));
    ASSERT_TRUE(scanned.has_value()) << row.members << ": " << scanned.error().reason;
    EXPECT_EQ(scanned->kind, row.kind) << row.members;
  }
}

struct Noted {
  Span Envelope::* slot;
  std::string_view name;
  std::string_view message;
  std::string_view value;
};

constexpr std::string_view kCall =
    R"( {"method":"tools/call","params":{"name":"a","uri":"u:\/x","cursor":"","requestId":7,)"
    R"("progressToken":"t","taskId":"k","level":"info","task":{"ttl":[1]},"protocolVersion":"v",)"
    R"("capabilities":{"c":{}},"clientInfo":{"n":1},"arguments":{"name":1,"uri":null},)"
    R"("inputResponses":{"i":{}},"requestState":"s","ref":{"type":"t","name":"rn","uri":"ru"},)"
    R"("_meta":{"x":1,"progressToken":42,"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/related-task":{"taskId":"rel","y":[]}}},)"
    R"("id":"i\n","jsonrpc":"2.0"} )";
constexpr std::string_view kResult =
    R"({"id":1,"jsonrpc":"2.0","result":{"task":{"status":"x","taskId":"rt"},"nextCursor":"nc"}})";
constexpr std::string_view kError = R"({"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"m"}})";

TEST(Scan, NotesEveryField) {
  const std::vector<Noted> table = {
      {&Envelope::id, "id", kCall, R"("i\n")"},
      {&Envelope::method, "method", kCall, R"("tools/call")"},
      {&Envelope::name, "name", kCall, R"("a")"},
      {&Envelope::uri, "uri", kCall, R"("u:\/x")"},
      {&Envelope::cursor, "cursor", kCall, R"("")"},
      {&Envelope::request_id, "requestId", kCall, "7"},
      {&Envelope::progress_token, "progressToken", kCall, R"("t")"},
      {&Envelope::task_id, "taskId", kCall, R"("k")"},
      {&Envelope::level, "level", kCall, R"("info")"},
      {&Envelope::task, "task", kCall, R"({"ttl":[1]})"},
      {&Envelope::protocol_version, "protocolVersion", kCall, R"("v")"},
      {&Envelope::capabilities, "capabilities", kCall, R"({"c":{}})"},
      {&Envelope::client_info, "clientInfo", kCall, R"({"n":1})"},
      {&Envelope::arguments, "arguments", kCall, R"({"name":1,"uri":null})"},
      {&Envelope::input_responses, "inputResponses", kCall, R"({"i":{}})"},
      {&Envelope::request_state, "requestState", kCall, R"("s")"},
      {&Envelope::ref, "ref", kCall, R"({"type":"t","name":"rn","uri":"ru"})"},
      {&Envelope::ref_name, "ref.name", kCall, R"("rn")"},
      {&Envelope::ref_uri, "ref.uri", kCall, R"("ru")"},
      {&Envelope::meta_token, "_meta.progressToken", kCall, "42"},
      {&Envelope::meta_version, "_meta version", kCall, R"("2026-07-28")"},
      {&Envelope::meta_related_task, "_meta task", kCall, R"("rel")"},
      {&Envelope::result, "result", kResult,
       R"({"task":{"status":"x","taskId":"rt"},"nextCursor":"nc"})"},
      {&Envelope::result_task_id, "result.task", kResult, R"("rt")"},
      {&Envelope::next_cursor, "nextCursor", kResult, R"("nc")"},
      {&Envelope::error, "error", kError, R"({"code":1,"message":"m"})"},
      {&Envelope::id, "id 0", kError, "0"},
      {&Envelope::whole, "whole", kCall, kCall.substr(1, kCall.size() - 2)},
      {&Envelope::whole, "whole", kError, kError},
  };
  for (const auto& row : table) {
    const auto scanned = scan(row.message);
    ASSERT_TRUE(scanned.has_value()) << scanned.error().reason;
    EXPECT_TRUE(((*scanned).*row.slot).present()) << row.name;
    EXPECT_EQ(((*scanned).*row.slot).in(row.message), row.value) << row.name;
  }
  const auto call = scan(kCall);
  EXPECT_TRUE(call->params.in(kCall).starts_with(R"({"name":"a")"));
  EXPECT_TRUE(call->params.in(kCall).ends_with(R"([]}}})"));
  EXPECT_TRUE(call->meta.in(kCall).starts_with(R"({"x":1)"));
  EXPECT_TRUE(call->meta.in(kCall).ends_with(R"([]}})"));
}

TEST(Scan, WhatIsNotThereIsEmpty) {
  const auto scanned = scan(R"({"jsonrpc":"2.0","method":"m"})");
  ASSERT_TRUE(scanned.has_value());
  for (const auto slot :
       {&Envelope::id, &Envelope::params, &Envelope::result, &Envelope::error, &Envelope::name,
        &Envelope::meta, &Envelope::arguments, &Envelope::ref, &Envelope::result_task_id}) {
    EXPECT_FALSE(((*scanned).*slot).present());
  }
}

TEST(Scan, MembersCountOnlyWhereTheyBelong) {
  const auto message =
      with_params(R"({"arguments":{"name":"x","_meta":{"progressToken":[]}},"a":{"uri":1,"uri":2},)"
                  R"("ref":{"x":{"name":1}},)"
                  R"("_meta":{"name":"y","a":{"progressToken":1.5}},"result":{"nextCursor":"c"}})");
  const auto scanned = scan(message);
  ASSERT_TRUE(scanned.has_value()) << scanned.error().reason;
  for (const auto slot : {&Envelope::name, &Envelope::uri, &Envelope::meta_token,
                          &Envelope::ref_name, &Envelope::next_cursor, &Envelope::result_task_id}) {
    EXPECT_FALSE(((*scanned).*slot).present());
  }
}

TEST(Scan, AnotherTypeLeavesTheSpanEmpty) {
  struct Row {
    std::string_view params;
    Span Envelope::* slot;
  };
  constexpr Row kTable[] = {
      {R"({"requestId":1.5})", &Envelope::request_id},
      {R"({"requestId":null})", &Envelope::request_id},
      {R"({"progressToken":1e3})", &Envelope::progress_token},
      {R"({"taskId":7})", &Envelope::task_id},
      {R"({"level":true})", &Envelope::level},
      {R"({"protocolVersion":[]})", &Envelope::protocol_version},
      {R"({"capabilities":[]})", &Envelope::capabilities},
      {R"({"clientInfo":"x"})", &Envelope::client_info},
      {R"({"arguments":[1]})", &Envelope::arguments},
      {R"({"inputResponses":1})", &Envelope::input_responses},
      {R"({"requestState":{}})", &Envelope::request_state},
      {R"({"ref":{"name":1}})", &Envelope::ref_name},
      {R"({"ref":{"uri":{}}})", &Envelope::ref_uri},
      {R"({"_meta":{"io.modelcontextprotocol/related-task":"t"}})", &Envelope::meta_related_task},
      {R"({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":1}}})",
       &Envelope::meta_related_task},
  };
  for (const auto& row : kTable) {
    const auto scanned = scan(with_params(row.params));
    ASSERT_TRUE(scanned.has_value()) << row.params << ": " << scanned.error().reason;
    EXPECT_FALSE(((*scanned).*row.slot).present()) << row.params;
  }
  for (const std::string_view result :
       {R"({"task":"t"})", R"({"task":{"taskId":1}})", R"({"task":[{"taskId":"x"}]})"}) {
    const auto scanned = scan(with(fmt::format(R"("id":1,"result":{})", result)));
    ASSERT_TRUE(scanned.has_value()) << result;
    EXPECT_FALSE(scanned->result_task_id.present()) << result;
  }
  const auto page = scan(with(R"("id":1,"result":{"nextCursor":7})"));
  ASSERT_TRUE(page.has_value());
  EXPECT_FALSE(page->next_cursor.present());
  EXPECT_TRUE(scan(with_params(R"({"task":null})"))->task.present());
  EXPECT_TRUE(scan(with_params(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":1}})"))
                  ->meta_version.present());
}

TEST(Scan, Ids) {
  for (const std::string_view id : {"7", "0", "-0", "-12", R"("a")", R"("")",
                                    "1234567890123456789012345678901234567890", R"("\u0041")"}) {
    const auto message = with(fmt::format(R"("id":{},"method":"m")", id));
    const auto scanned = scan(message);
    ASSERT_TRUE(scanned.has_value()) << id;
    EXPECT_EQ(scanned->id.in(message), id);
  }
  for (const std::string_view id :
       {"1e3", "1.0", "-0.0", "1E0", "true", "false", "[]", "[1]", "{}", "null"}) {
    const auto scanned = scan(with(fmt::format(R"("id":{},"method":"m")", id)));
    ASSERT_FALSE(scanned.has_value()) << id;
    EXPECT_EQ(scanned.error().code, -32600);
    EXPECT_FALSE(scanned.error().id.present()) << id;
  }
}

TEST(Scan, RawNewlines) {
  EXPECT_FALSE(scan(R"({"jsonrpc":"2.0","method":"a\nb"})")->raw_newline);
  EXPECT_FALSE(scan("{\"jsonrpc\" :\t\"2.0\" , \"method\":\"m\"}")->raw_newline);
  EXPECT_TRUE(scan("{\"jsonrpc\":\"2.0\",\n\"method\":\"m\"}")->raw_newline);
  EXPECT_TRUE(scan("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}\r")->raw_newline);
  EXPECT_TRUE(
      scan("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"a\":[1,[\n]]}}")->raw_newline);
}

TEST(Scan, Limits) {
  const std::string nested = std::string(126, '[') + std::string(126, ']');
  const auto message = with_params(fmt::format(R"({{"a":{}}})", nested));
  EXPECT_TRUE(scan(message).has_value());
  const auto deep = scan(with_params(fmt::format(R"({{"a":[{}]}})", nested)));
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().code, -32600);
  EXPECT_EQ(deep.error().reason, "limits.depth: nested deeper than 128");
  EXPECT_TRUE(deep.error().id.present());
  EXPECT_EQ(scan(message, {.depth = 1}).error().code, -32600);
  EXPECT_EQ(scan(message, {.bytes = 10}).error().reason,
            fmt::format("limits.body: {} bytes, at most 10", message.size()));
}

TEST(Scan, AMessageOfFourMebibytes) {
  const auto message = with_params(fmt::format(R"({{"name":"{}"}})", std::string(4000000, 'n')));
  const auto scanned = scan(message);
  ASSERT_TRUE(scanned.has_value());
  EXPECT_EQ(scanned->name.end - scanned->name.begin, 4000002U);
}

}  // namespace
}  // namespace gantry::mcp
