// What scan refuses, by which code and with which words.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "mcp/envelope.h"

namespace gantry::mcp {
namespace {

struct Refused {
  std::string_view message;
  int code;
  std::string_view reason;
  std::string_view id;
};

void expect_refused(const Refused& row) {
  const auto scanned = scan(row.message);
  ASSERT_FALSE(scanned.has_value()) << row.message;
  EXPECT_EQ(scanned.error().code, row.code) << row.message;
  EXPECT_EQ(scanned.error().reason, row.reason) << row.message;
  EXPECT_EQ(scanned.error().id.in(row.message), row.id) << row.message;
}

TEST(ScanRefusal, Shape) {
  constexpr Refused kTable[] = {
      {"1", -32600, "the message is not an object", ""},
      {"null", -32600, "the message is not an object", ""},
      {"[]", -32600, "a batch", ""},
      {R"([{"jsonrpc":"2.0","method":"m"}])", -32600, "a batch", ""},
      {"{}", -32600, "'jsonrpc' is missing", ""},
      {R"({"id":5,"method":"m"})", -32600, "'jsonrpc' is missing", "5"},
      {R"({"jsonrpc":"1.0","id":5,"method":"m"})", -32600, "'jsonrpc' is not \"2.0\"", "5"},
      {R"({"jsonrpc":2.0,"id":5,"method":"m"})", -32600, "'jsonrpc' is not a string", "5"},
      {R"({"jsonrpc":"2.0"})", -32600, "neither 'method' nor 'result' nor 'error'", ""},
      {R"({"jsonrpc":"2.0","id":5})", -32600, "neither 'method' nor 'result' nor 'error'", "5"},
      {R"({"jsonrpc":"2.0","method":1,"id":5})", -32600, "'method' is not a string", "5"},
      {R"({"jsonrpc":"2.0","method":null})", -32600, "'method' is not a string", ""},
      {R"({"jsonrpc":"2.0","method":"m","params":[],"id":5})", -32600, "'params' is not an object",
       "5"},
      {R"({"jsonrpc":"2.0","method":"m","params":null})", -32600, "'params' is not an object", ""},
      {R"({"jsonrpc":"2.0","method":"m","id":1.5})", -32600, "'id' is not a string or an integer",
       ""},
      {R"({"jsonrpc":"2.0","method":"m","id":null})", -32600, "'id' is null", ""},
      {R"({"jsonrpc":"2.0","id":null,"result":{}})", -32600, "'id' is null", ""},
      {R"({"jsonrpc":"2.0","result":{}})", -32600, "'id' is missing", ""},
      {R"({"jsonrpc":"2.0","id":5,"result":1})", -32600, "'result' is not an object", "5"},
      {R"({"jsonrpc":"2.0","id":5,"result":{},"error":{"code":1,"message":""}})", -32600,
       "'result' and 'error' in one message", "5"},
      {R"({"jsonrpc":"2.0","id":5,"result":{},"method":"m"})", -32600,
       "'method' and 'result' in one message", "5"},
      {R"({"jsonrpc":"2.0","error":{"code":1,"message":""},"method":"m"})", -32600,
       "'method' and 'error' in one message", ""},
      {R"({"jsonrpc":"2.0","id":5,"error":"x"})", -32600, "'error' is not an object", "5"},
      {R"({"jsonrpc":"2.0","id":5,"error":{}})", -32600, "'error' has no 'code'", "5"},
      {R"({"jsonrpc":"2.0","id":5,"error":{"code":1}})", -32600, "'error' has no 'message'", "5"},
      {R"({"jsonrpc":"2.0","id":5,"error":{"code":1.5,"message":""}})", -32600,
       "'code' is not an integer", "5"},
      {R"({"jsonrpc":"2.0","id":5,"error":{"code":1,"message":2}})", -32600,
       "'message' is not a string", "5"},
  };
  for (const auto& row : kTable) expect_refused(row);
}

TEST(ScanRefusal, EscapedVersionIsTheVersion) {
  EXPECT_TRUE(scan(R"({"jsonrpc":"\u0032.0","method":"m"})").has_value());
  EXPECT_FALSE(scan(R"({"jsonrpc":"\u0031.0","method":"m"})").has_value());
}

TEST(ScanRefusal, KnownParametersOfAWrongType) {
  constexpr std::string_view kParams[][2] = {
      {R"({"name":1})", "'name' is not a string"},
      {R"({"name":null})", "'name' is not a string"},
      {R"({"uri":{}})", "'uri' is not a string"},
      {R"({"cursor":7})", "'cursor' is not a string"},
      {R"({"ref":"x"})", "'ref' is not an object"},
      {R"({"_meta":[]})", "'_meta' is not an object"},
      {R"({"_meta":{"progressToken":1.5}})", "'progressToken' is not a string or an integer"},
      {R"({"_meta":{"progressToken":null}})", "'progressToken' is not a string or an integer"},
      {R"({"_meta":{"progressToken":{}}})", "'progressToken' is not a string or an integer"},
  };
  for (const auto& [params, reason] : kParams) {
    for (const std::string_view form : {R"({{"jsonrpc":"2.0","id":9,"method":"m","params":{}}})",
                                        R"({{"params":{},"method":"m","id":9,"jsonrpc":"2.0"}})"}) {
      const auto message = fmt::format(fmt::runtime(form), params);
      expect_refused({message, -32602, reason, "9"});
    }
  }
}

TEST(ScanRefusal, ABadShapeGoesBeforeABadParameterInAnyOrder) {
  expect_refused({R"({"jsonrpc":"2.0","method":5,"params":{"name":1},"id":3})", -32600,
                  "'method' is not a string", "3"});
  expect_refused({R"({"params":{"name":1},"jsonrpc":"2.0","method":5,"id":3})", -32600,
                  "'method' is not a string", "3"});
  expect_refused(
      {R"({"params":{"name":1},"method":"m","id":3})", -32600, "'jsonrpc' is missing", "3"});
}

TEST(ScanRefusal, WhatIsNotJsonGoesBeforeEverythingAndTellsNoId) {
  expect_refused({R"({"jsonrpc":"1.0","id":3,"id":4,"params":{"name":1},})", -32700,
                  "unexpected character '}' at 51", ""});
  expect_refused({R"({"jsonrpc":"2.0","id":3,"method":"m"}{})", -32700,
                  "a second document follows at 37", ""});
  expect_refused({"[1,", -32700, "the text ends too early", ""});
  expect_refused({"", -32700, "the text is empty", ""});
}

struct KnownKey {
  std::string_view form;
  std::string_view key;
};
constexpr std::string_view kEnvelope = R"({{{},"jsonrpc":"2.0","method":"m"}})";
constexpr std::string_view kParams = R"({{"jsonrpc":"2.0","method":"m","params":{{{}}}}})";
constexpr std::string_view kMeta =
    R"({{"jsonrpc":"2.0","method":"m","params":{{"_meta":{{{}}}}}}})";
constexpr std::string_view kRelated = R"({{"jsonrpc":"2.0","method":"m","params":{{"_meta":)"
                                      R"({{"io.modelcontextprotocol/related-task":{{{}}}}}}}}})";
constexpr std::string_view kRef = R"({{"jsonrpc":"2.0","method":"m","params":{{"ref":{{{}}}}}}})";
constexpr std::string_view kResult = R"({{"jsonrpc":"2.0","id":1,"result":{{{}}}}})";
constexpr std::string_view kTask = R"({{"jsonrpc":"2.0","id":1,"result":{{"task":{{{}}}}}}})";
constexpr std::string_view kError = R"({{"jsonrpc":"2.0","id":1,"error":{{{}}}}})";
constexpr KnownKey kKnownKeys[] = {
    {kEnvelope, "id"},
    {kEnvelope, "params"},
    {kEnvelope, "result"},
    {kEnvelope, "error"},
    {kParams, "name"},
    {kParams, "uri"},
    {kParams, "cursor"},
    {kParams, "requestId"},
    {kParams, "progressToken"},
    {kParams, "taskId"},
    {kParams, "level"},
    {kParams, "task"},
    {kParams, "capabilities"},
    {kParams, "clientInfo"},
    {kParams, "protocolVersion"},
    {kParams, "_meta"},
    {kParams, "ref"},
    {kParams, "arguments"},
    {kParams, "inputResponses"},
    {kParams, "requestState"},
    {kMeta, "progressToken"},
    {kMeta, "io.modelcontextprotocol/protocolVersion"},
    {kMeta, "io.modelcontextprotocol/related-task"},
    {kRelated, "taskId"},
    {kRef, "name"},
    {kRef, "uri"},
    {kRef, "type"},
    {kResult, "task"},
    {kResult, "nextCursor"},
    {kTask, "taskId"},
    {kError, "code"},
    {kError, "message"},
};

/// A value of the type that the key wants.
std::string_view value_of(std::string_view key) {
  if (key == "code") return "1";
  for (const std::string_view object : {"params", "result", "error", "_meta", "ref"}) {
    if (key == object) return "{}";
  }
  return R"("x")";
}

/// Each known key stands twice in its object, the second time also with all of its characters as
/// \uXXXX.
TEST(ScanRefusal, DuplicatesOfEveryKnownKey) {
  for (const auto& row : kKnownKeys) {
    std::string escaped;
    for (const char c : row.key) escaped += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    const auto value = value_of(row.key);
    for (const auto& second : {std::string(row.key), escaped}) {
      const auto pair = fmt::format(R"("{}":{},"{}":{})", row.key, value, second, value);
      const auto message = fmt::format(fmt::runtime(row.form), pair);
      const auto scanned = scan(message);
      ASSERT_FALSE(scanned.has_value()) << message;
      EXPECT_EQ(scanned.error().code, -32600) << message;
      EXPECT_EQ(scanned.error().reason, fmt::format("duplicate key '{}'", row.key)) << message;
    }
    const auto once =
        fmt::format(fmt::runtime(row.form), fmt::format(R"("{}":{})", row.key, value));
    const auto scanned = scan(once);
    EXPECT_TRUE(scanned.has_value() || !scanned.error().reason.starts_with("duplicate")) << once;
  }
}

TEST(ScanRefusal, DuplicatesTellTheIdUnlessItIsTheDuplicate) {
  expect_refused({R"({"jsonrpc":"2.0","method":"a","method":"b","id":3})", -32600,
                  "duplicate key 'method'", "3"});
  expect_refused({R"({"jsonrpc":"2.0","jsonrpc":"2.0","method":"b","id":3})", -32600,
                  "duplicate key 'jsonrpc'", "3"});
  expect_refused(
      {R"({"jsonrpc":"2.0","id":3,"method":"a","id":3})", -32600, "duplicate key 'id'", ""});
}

TEST(ScanRefusal, KeysThatOnlyLookAlikeAreOthers) {
  // U+017F folds to s, U+212A to k, and case counts: none of these is a duplicate or known.
  for (const std::string_view other :
       {R"("NAME":1)", R"("Name":1)", R"("name ":1)", R"("":1)", R"("nam\u0065\u0000":1)",
        R"("\\u006eame":1)", R"("tas\u212a":1)", "\"tas\342\204\252\":1", R"("ta\u017fk":1)",
        "\"ta\305\277k\":1", R"("re\u017fult":1)"}) {
    const auto message = fmt::format(
        R"({{"jsonrpc":"2.0","method":"m","params":{{"name":"n","task":{{}},{}}}}})", other);
    const auto scanned = scan(message);
    EXPECT_TRUE(scanned.has_value()) << message << ": " << scanned.error().reason;
  }
  EXPECT_FALSE(scan(R"({"jsonrpc":"2.0","method":"m","params":{"name":"n","n\u0061me":"n"}})"));
  EXPECT_FALSE(scan(R"({"j\u017fonrpc":"2.0","method":"m"})"));
  EXPECT_FALSE(scan(R"({"JSONRPC":"2.0","method":"m"})"));
}

TEST(ScanRefusal, AVeryLongEscapedKeyIsNoKnownOne) {
  std::string key;
  for (int i = 0; i < 10'000; ++i) key += "\\u006e";
  const auto message = fmt::format(
      R"({{"jsonrpc":"2.0","method":"m","params":{{"{}":1,"{}":2,"name":"n"}}}})", key, key);
  const auto scanned = scan(message);
  ASSERT_TRUE(scanned.has_value()) << scanned.error().reason;
  EXPECT_EQ(scanned->name.in(message), R"("n")");
}

}  // namespace
}  // namespace gantry::mcp
