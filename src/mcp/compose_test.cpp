#include "mcp/compose.h"

#include <gtest/gtest.h>

#include "mcp/envelope.h"

namespace gantry::mcp {
namespace {

struct ComposeRow {
  std::string composed;
  std::string_view expected;
  Kind kind;
};

TEST(Compose, makes_messages_that_scan) {
  const ComposeRow rows[] = {
      {request(7, "tools/list", "{}"),
       R"({"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}})", Kind::kRequest},
      {request(9007199254740991U, "a\"b", R"({"x":1})"),
       R"({"jsonrpc":"2.0","id":9007199254740991,"method":"a\"b","params":{"x":1}})",
       Kind::kRequest},
      {notification("notifications/initialized"),
       R"({"jsonrpc":"2.0","method":"notifications/initialized"})", Kind::kNotification},
      {notification("n", R"({"a":[]})"), R"({"jsonrpc":"2.0","method":"n","params":{"a":[]}})",
       Kind::kNotification},
      {result(R"("a-1")", "{}"), R"({"jsonrpc":"2.0","id":"a-1","result":{}})", Kind::kResult},
      {error("7", -32601, "no \"such\"\nthing"),
       R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no \"such\"\nthing"}})",
       Kind::kError},
      {error("7", -1, "m", R"({"uri":"u"})"),
       R"({"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"m","data":{"uri":"u"}}})",
       Kind::kError},
      {error("", -32700, "m"),
       R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})", Kind::kError},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(row.composed, row.expected);
    const auto scanned = scan(row.composed);
    ASSERT_TRUE(scanned) << row.composed << ": " << scanned.error().reason;
    EXPECT_EQ(scanned->kind, row.kind) << row.composed;
  }
}

TEST(Compose, keeps_text_that_is_no_utf8_out) {
  const auto made = error("1", -32000, "bad \xFF\xC3 byte");
  ASSERT_TRUE(scan(made)) << made;
  EXPECT_NE(made.find("bad \xEF\xBF\xBD"), std::string::npos) << made;
}

}  // namespace
}  // namespace gantry::mcp
