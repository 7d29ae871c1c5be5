// Batches and lines.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mcp/envelope.h"

namespace gantry::mcp {
namespace {

std::vector<std::string> parts(std::string_view bytes, std::size_t most = 10) {
  const auto split = split_batch(bytes, {}, most);
  if (!split) return {split.error().reason};
  std::vector<std::string> found;
  for (const auto span : *split) found.emplace_back(span.in(bytes));
  return found;
}

using Parts = std::vector<std::string>;

TEST(Batch, IsSeenByItsFirstCharacter) {
  for (const auto* text : {"[", " \r\n\t[]", "[1"}) EXPECT_TRUE(is_batch(text)) << text;
  for (const auto* text : {"", " ", "{}", "{[", "\"[\"", "\v["})
    EXPECT_FALSE(is_batch(text)) << text;
}

TEST(Batch, ElementsWithoutWhatStandsAroundThem) {
  EXPECT_EQ(parts("[1]"), Parts({"1"}));
  EXPECT_EQ(parts(" [ {\"a\": [1, 2]} ,\n\"x,]\" , [ ] ] "),
            Parts({"{\"a\": [1, 2]}", "\"x,]\"", "[ ]"}));
}

TEST(Batch, EachElementIsScannedByItself) {
  const std::string_view bytes =
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"}, 7, {"jsonrpc":"2.0","method":"m"}])";
  const auto split = split_batch(bytes, {}, 3);
  ASSERT_TRUE(split.has_value());
  ASSERT_EQ(split->size(), 3U);
  EXPECT_EQ(scan((*split)[0].in(bytes))->kind, Kind::kRequest);
  EXPECT_EQ(scan((*split)[1].in(bytes)).error().code, -32600);
  EXPECT_EQ(scan((*split)[2].in(bytes))->kind, Kind::kNotification);
}

struct Refused {
  std::string_view bytes;
  int code;
  std::string_view reason;
};

TEST(Batch, Refusals) {
  constexpr Refused kTable[] = {
      {"[]", -32600, "an empty batch"},
      {"[ \n ]", -32600, "an empty batch"},
      {"[1,2,3,4]", -32600, "a batch of 4 messages, at most 3"},
      {"{}", -32600, "not a batch"},
      {"{", -32700, "the text ends too early"},
      {"", -32700, "the text is empty"},
      {"[1,2,3,4", -32700, "the text ends too early"},
      {"[1,]", -32700, "unexpected character ']' at 3"},
      {"[,1]", -32700, "unexpected character ',' at 1"},
      {"[1]2", -32700, "a second document follows at 3"},
      {"[1 2]", -32700, "unexpected character '2' at 3"},
      {"[[[[[]]]]]", -32600, "limits.depth: nested deeper than 4"},
  };
  for (const auto& row : kTable) {
    const auto split = split_batch(row.bytes, {.depth = 4}, 3);
    ASSERT_FALSE(split.has_value()) << row.bytes;
    EXPECT_EQ(split.error().code, row.code) << row.bytes;
    EXPECT_EQ(split.error().reason, row.reason) << row.bytes;
  }
  EXPECT_EQ(split_batch("[1,2]", {.bytes = 4}, 3).error().reason,
            "limits.body: 5 bytes, at most 4");
}

TEST(FoldNewlines, EachBecomesASpace) {
  EXPECT_EQ(fold_newlines("{\r\n\"a\":\n[1,\r2]}\n"), "{  \"a\": [1, 2]} ");
  EXPECT_EQ(fold_newlines(R"({"a":"x\ny"})"), R"({"a":"x\ny"})");
  EXPECT_EQ(fold_newlines(""), "");
  const std::string message = "{\"jsonrpc\":\"2.0\",\n\"method\":\"a\\nb\"\r\n}";
  const auto folded = fold_newlines(message);
  EXPECT_EQ(folded.size(), message.size());
  ASSERT_TRUE(scan(folded).has_value());
  EXPECT_FALSE(scan(folded)->raw_newline);
  EXPECT_EQ(scan(folded)->method, scan(message)->method);
}

}  // namespace
}  // namespace gantry::mcp
