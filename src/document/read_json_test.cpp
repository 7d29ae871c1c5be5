#include <gtest/gtest.h>

#include "document/read.h"

namespace gantry::document {
namespace {

struct BadCase {
  std::string text;
  Mark mark;
  std::string message;
};

TEST(ReadJson, RefusesWithThePlace) {
  const std::string deep(200, '[');
  const std::vector<BadCase> cases = {
      {"", {1, 1}, "the file ends where a value should stand"},
      {"{", {1, 2}, "the file ends before '}'"},
      {"{\"a\":1", {1, 7}, "the file ends before '}'"},
      {"[1", {1, 3}, "the file ends before ']'"},
      {"{\n  \"a\" 1}", {2, 7}, "expected ':' after the key 'a'"},
      {"{a: 1}", {1, 2}, "expected a key in double quotation marks"},
      {"{,}", {1, 2}, "expected a key in double quotation marks"},
      {"[1 2]", {1, 4}, "expected ',' or ']'"},
      {"[,]", {1, 2}, "unexpected ','"},
      {"[tru]", {1, 2}, "unexpected 'tru'"},
      {"['a']", {1, 2}, "unexpected ''a''"},
      {"[NaN]", {1, 2}, "unexpected 'NaN'"},
      {"[01]", {1, 2}, "'01' is not a number"},
      {"[1.]", {1, 2}, "'1.' is not a number"},
      {"[-]", {1, 2}, "'-' is not a number"},
      {"[1e+]", {1, 2}, "'1e+' is not a number"},
      {"{} {}", {1, 4}, "something follows the end of the document"},
      {"{} x", {1, 4}, "something follows the end of the document"},
      {"{\"a\": \"b", {1, 7}, "a text is not closed"},
      {"{\"a\": \"b\n\"}", {1, 7}, "a text is not closed"},
      {"[\"\t\"]", {1, 3}, "a control character stands in a text"},
      {"[\"\\q\"]", {1, 3}, "unknown escape"},
      {"[\"\\u12g4\"]", {1, 7}, "\\u needs four hexadecimal digits"},
      {"[\"\\ud800\"]", {1, 3}, "half of a surrogate pair"},
      {"[\"\\udc00\"]", {1, 3}, "half of a surrogate pair"},
      {"[\"\\ud800\\u0041\"]", {1, 3}, "half of a surrogate pair"},
      {"/* {", {1, 1}, "a comment is not closed"},
      {"{\"a\":1,\n \"a\":2}", {2, 2}, "duplicate key 'a', first at 1:2"},
      {"{\"a\":1,\n \"\\u0061\":2}", {2, 2}, "duplicate key 'a', first at 1:2"},
      {"{\"\xC3\xA9\": x}", {1, 7}, "unexpected 'x'"},
      {deep, {1, 129}, "nested deeper than 128"},
  };
  for (const auto& each : cases) {
    const auto read = read_json(each.text);
    ASSERT_FALSE(read) << each.text;
    EXPECT_EQ(read.error().message, each.message) << each.text;
    EXPECT_EQ(read.error().mark, each.mark)
        << each.text << " at " << read.error().mark.line << ":" << read.error().mark.column;
  }
}

TEST(ReadJson, ReadsCommentsAndTrailingCommas) {
  const auto read =
      read_json("// head\n{ /* a */ \"a\": [1, 2,], // b\n  \"b\": {\"c\": null,},\n}\n// end");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->entries.size(), 2U);
  EXPECT_EQ(read->mark, (Mark{2, 1}));
  EXPECT_EQ(read->entries[0].mark, (Mark{2, 11}));
  EXPECT_EQ(read->entries[0].value.mark, (Mark{2, 16}));
  EXPECT_EQ(read->find("a")->items.size(), 2U);
  EXPECT_EQ(read->find("b")->find("c")->kind, Kind::kNull);
  EXPECT_EQ(read->find("x"), nullptr);
}

TEST(ReadJson, KeepsTheTextOfNumbers) {
  for (const std::string text :
       {"0", "-0", "1e400", "12345678901234567890123456789", "1.50", "-1E+2"}) {
    const auto read = read_json(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->kind, Kind::kNumber);
    EXPECT_EQ(read->text, text);
    EXPECT_FALSE(read->quoted);
  }
}

TEST(ReadJson, DecodesEscapes) {
  const auto read = read_json(R"("\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00 // no comment")");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->text, "\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 // no comment");
  EXPECT_TRUE(read->quoted);
}

TEST(ReadJson, NestsUpToTheLimit) {
  EXPECT_TRUE(read_json(std::string(128, '[') + std::string(128, ']')));
  EXPECT_FALSE(read_json(std::string(129, '[') + std::string(129, ']')));
}

}  // namespace
}  // namespace gantry::document
