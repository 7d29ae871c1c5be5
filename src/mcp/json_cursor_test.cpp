// The grammar beyond the public suite: where faults are told, and the edges of blocks, depth and
// size.
#include "mcp/json_cursor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mcp/json_scan.h"

namespace gantry::mcp {
namespace {

using namespace std::string_view_literals;

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

struct Fault {
  std::string_view text;
  std::string_view reason;
  std::size_t offset;
};

TEST(CheckJson, SaysWhatIsWrongAndWhere) {
  constexpr Fault kTable[] = {
      {"", "the text is empty", 0},
      {" \r\n\t", "the text is empty", 4},
      {"[1,x]", "unexpected character 'x' at 3", 3},
      {"{\"a\" 1}", "unexpected character '1' at 5", 5},
      {"{\"a\":1,}", "unexpected character '}' at 7", 7},
      {"[1,]", "unexpected character ']' at 3", 3},
      {"[1}", "unexpected character '}' at 2", 2},
      {"{\"a\":1]", "unexpected character ']' at 6", 6},
      {"{a:1}", "unexpected character 'a' at 1", 1},
      {"nulx", "unexpected character 'x' at 3", 3},
      {"[tru]", "unexpected character ']' at 4", 4},
      {"tr", "the text ends too early", 2},
      {"[01]", "unexpected character '1' at 2", 2},
      {"[-]", "unexpected character ']' at 2", 2},
      {"[1.]", "unexpected character ']' at 3", 3},
      {"[1e+]", "unexpected character ']' at 4", 4},
      {"-", "the text ends too early", 1},
      {"1e", "the text ends too early", 2},
      {"{", "the text ends too early", 1},
      {"{\"a\"", "the text ends too early", 4},
      {"{\"a\":", "the text ends too early", 5},
      {"[1,", "the text ends too early", 3},
      {"[1", "the text ends too early", 2},
      {"{}{}", "a second document follows at 2", 2},
      {"1 2", "a second document follows at 2", 2},
      {"\"a\" null", "a second document follows at 4", 4},
      {"{}]", "unexpected character ']' at 2", 2},
      {"{},", "unexpected character ',' at 2", 2},
      {"[\"abc", "the text ends inside a string", 5},
      {"\"\\", "the text ends inside a string", 2},
      {"\"\\u00", "the text ends inside a string", 5},
      {R"(["\q"])", "illegal escape at 2", 2},
      {R"(["\u12G4"])", "illegal escape at 2", 2},
      {R"(["\u12"])", "illegal escape at 2", 2},
      {"[\"a\nb\"]", "raw control byte 0x0a in a string at 3", 3},
      {"[\"a\0b\"]"sv, "raw control byte 0x00 in a string at 3", 3},
      {"[\"\377\"]", "invalid UTF-8 at 2", 2},
      {"[\"\303\"]", "invalid UTF-8 at 2", 2},
      {"\357\273\277{}", "unexpected byte 0xef at 0", 0},
      {"{}\0"sv, "unexpected byte 0x00 at 2", 2},
      {"[1,\v2]", "unexpected byte 0x0b at 3", 3},
      {"\302\240{}", "unexpected byte 0xc2 at 0", 0},
  };
  for (const auto& row : kTable) {
    const auto checked = check_json(row.text);
    ASSERT_FALSE(checked.has_value()) << row.text;
    EXPECT_EQ(checked.error().code, -32700) << row.text;
    EXPECT_EQ(checked.error().reason, row.reason) << row.text;
    EXPECT_EQ(checked.error().offset, row.offset) << row.text;
  }
}

TEST(CheckJson, Depth) {
  for (const auto& [open, close] :
       {std::pair("["sv, "]"sv), std::pair("{\"a\":"sv, "}"sv), std::pair("[{\"\":"sv, "}]"sv)}) {
    const std::size_t each = open.front() == '[' && open.size() > 1 ? 2 : 1;
    for (const std::size_t depth : {2U, 64U, 66U, 128U, 1024U}) {
      const ScanLimits limits{.depth = depth};
      const auto times = depth / each;
      const auto whole = repeated(open, times) + "1" + repeated(close, times);
      EXPECT_TRUE(check_json(whole, limits).has_value()) << open << depth;
      const auto deeper = check_json("[" + whole + "]", limits);
      ASSERT_FALSE(deeper.has_value()) << open << depth;
      EXPECT_EQ(deeper.error().code, -32600);
      EXPECT_EQ(deeper.error().reason, "limits.depth: nested deeper than " + std::to_string(depth));
    }
  }
}

TEST(CheckJson, DepthOfAnySizeIsRefusedNotOverflowed) {
  const ScanLimits limits{.depth = 1'000'000, .bytes = 64U << 20U};
  EXPECT_EQ(check_json(repeated("[", 100'000) + repeated("]", 100'000), limits).error().reason,
            "limits.depth: nested deeper than 1024");
  EXPECT_EQ(check_json(repeated("{\"a\":", 100'000), limits).error().code, -32600);
  EXPECT_FALSE(check_json("[]", {.depth = 0}).has_value());
  EXPECT_TRUE(check_json("1", {.depth = 0}).has_value());
  // Depth is given back: many containers beside each other are not deep.
  EXPECT_TRUE(check_json("[" + repeated("[[]],{\"a\":{}},", 10'000) + "1]", {.depth = 3}));
}

TEST(CheckJson, Size) {
  const auto text = "\"" + repeated("x", 98) + "\"";
  EXPECT_TRUE(check_json(text, {.bytes = 100}).has_value());
  const auto refused = check_json(text, {.bytes = 99});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, -32600);
  EXPECT_EQ(refused.error().reason, "limits.body: 100 bytes, at most 99");
}

TEST(CheckJson, LongStrings) {
  const auto body = repeated("abcdefgh", (4U << 20U) / 8 - 1);
  EXPECT_TRUE(check_json("\"" + body + "\""));
  EXPECT_EQ(check_json("\"" + body).error().reason, "the text ends inside a string");
  EXPECT_EQ(check_json("\"" + body + "\n\"").error().offset, body.size() + 1);
}

/// What must be seen wherever it falls in a block of 16 bytes, and however much follows.
TEST(CheckJson, EveryByteAtEveryOffsetOfABlock) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (const std::size_t after : {0U, 1U, 15U, 16U, 33U}) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        const auto c = static_cast<char>(byte);
        const auto text =
            "[\"" + std::string(before, 'a') + std::string(1, c) + std::string(after, 'b') + "\"]";
        // A quotation mark ends the string, and what follows it is no JSON; \b is an escape.
        const bool legal = byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
        const bool escape = c == '\\' && after > 0;
        ASSERT_EQ(check_json(text).has_value(), legal || escape) << before << ' ' << byte;
      }
    }
  }
}

TEST(SkipPlain, TheFastLoopFindsWhatTheSlowOneFinds) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t before = 0; before < 50; ++before) {
      std::string text(before, 'a');
      text += static_cast<char>(byte);
      text += std::string(17, '~');
      const char* end = text.data() + text.size();
      ASSERT_EQ(skip_plain(text.data(), end), skip_plain_bytewise(text.data(), end))
          << byte << ' ' << before;
    }
  }
}

struct Sequence {
  std::string_view bytes;
  bool legal;
};

TEST(CheckJson, Utf8AtEveryOffsetOfABlock) {
  constexpr Sequence kTable[] = {
      {"\302\200", true},
      {"\337\277", true},
      {"\340\240\200", true},
      {"\355\237\277", true},
      {"\356\200\200", true},
      {"\357\277\277", true},
      {"\360\220\200\200", true},
      {"\364\217\277\277", true},
      {"\342\200\250", true},
      {"\303\251\303\251", true},
      {"\300\200", false},
      {"\301\277", false},
      {"\340\237\277", false},
      {"\355\240\200", false},
      {"\355\277\277", false},
      {"\360\217\277\277", false},
      {"\364\220\200\200", false},
      {"\365\200\200\200", false},
      {"\370\210\200\200", false},
      {"\200", false},
      {"\277", false},
      {"\302", false},
      {"\340\240", false},
      {"\360\220\200", false},
      {"\303\251\200", false},
      {"\376", false},
      {"\377", false},
  };
  for (const auto& row : kTable) {
    for (std::size_t before = 0; before < 36; ++before) {
      for (const std::size_t after : {0U, 1U, 2U, 14U, 17U, 32U}) {
        const auto text = "\"" + std::string(before, 'a') + std::string(row.bytes) +
                          std::string(after, 'b') + "\"";
        const auto checked = check_json(text);
        ASSERT_EQ(checked.has_value(), row.legal) << testing::PrintToString(row.bytes);
        if (row.legal) continue;
        ASSERT_TRUE(checked.error().reason.starts_with("invalid UTF-8"));
        ASSERT_FALSE(check_json(text.substr(0, 1 + before + row.bytes.size())).has_value());
      }
    }
  }
}

/// Reading past the end shows under the address sanitizer: each text stands in a block of just its
/// size.
TEST(CheckJson, EveryPrefixIsRefused) {
  const std::string whole =
      R"({"a":[1,-2.5e+10,true,false,null,"x\u00e9\n)"
      "\303\251\342\202\254\360\237\230\200"
      R"(",{"b":{}},[]],"long enough for a whole block of sixteen":"and its value too"})";
  ASSERT_TRUE(check_json(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::vector<char> exact(whole.begin(),
                                  whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto checked = check_json({exact.data(), exact.size()});
    ASSERT_FALSE(checked.has_value()) << length;
    ASSERT_LE(checked.error().offset, length);
  }
}

}  // namespace
}  // namespace gantry::mcp
