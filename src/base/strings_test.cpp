#include "base/strings.h"

#include <gtest/gtest.h>

#include <array>

namespace gantry::base {
namespace {

using namespace std::string_view_literals;
using Texts = std::vector<std::string>;

TEST(Strings, TrimTakesSpacesAndTabsOnly) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", ""}, {" \t ", ""}, {"a", "a"}, {"\t a b \t", "a b"}, {"\na\n", "\na\n"}, {"a\r", "a\r"},
  };
  for (const auto& [given, wanted] : cases) EXPECT_EQ(trim(given), wanted) << given;
}

TEST(Strings, SplitKeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split("a", ','), (Parts{"a"}));
  EXPECT_EQ(split(",a,,b,", ','), (Parts{"", "a", "", "b", ""}));
}

TEST(Strings, JoinIsTheOppositeOfSplit) {
  EXPECT_EQ(join(Texts{}, ", "), "");
  EXPECT_EQ(join(Texts{"a"}, ", "), "a");
  EXPECT_EQ(join(Texts{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join(Texts{"", "a", "", ""}, ","), ",a,,");
}

TEST(Strings, CaseIsAsciiOnly) {
  EXPECT_TRUE(iequals("Content-Length", "cONTENT-lENGTH"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xC3\x84", "\xC3\xA4"));
  EXPECT_EQ(to_lower("AZ[az]\xC3\x84"), "az[az]\xC3\x84");
}

TEST(Strings, SecretsCompareWhole) {
  const std::vector<std::tuple<std::string_view, std::string_view, bool>> cases = {
      {"secret", "secret", true},
      {"secret", "secreT", false},
      {"secre", "secret", false},
      {"secretsecret", "secret", false},
      {"", "secret", false},
      {"s", "", false},
      {"", "", true},
      {"a\0b"sv, "a\0b"sv, true},
      {"a\0b"sv, "a\0c"sv, false},
  };
  for (const auto& [given, expected, same] : cases) {
    EXPECT_EQ(equals_constant_time(given, expected), same) << given << " " << expected;
  }
}

TEST(Strings, NearestIsWithinAThirdOfTheWord) {
  constexpr std::array kWords = {"status"sv, "start"sv, "logs"sv, "restart"sv};
  const std::vector<std::pair<std::string_view, std::optional<std::string_view>>> cases = {
      {"statsu", "status"},    {"STATUS", "status"}, {"strat", "start"}, {"log", "logs"},
      {"re-start", "restart"}, {"completely", {}},   {"", {}},           {"xy", {}},
  };
  for (const auto& [word, wanted] : cases) EXPECT_EQ(nearest(word, kWords), wanted) << word;
  EXPECT_EQ(nearest("a", std::array{"b"sv}), std::nullopt);  // all of it would be replaced
  EXPECT_EQ(nearest("a", {}), std::nullopt);
}

TEST(Strings, JsonEscape) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", ""},
      {"plain", "plain"},
      {"\"\\/", "\\\"\\\\/"},
      {"\n\t\r\b\f", "\\n\\t\\r\\u0008\\u000c"},
      {"\0\x1f"sv, "\\u0000\\u001f"},
      {"\x7f", "\x7f"},
      {"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
  };
  for (const auto& [given, wanted] : cases) EXPECT_EQ(json_escape(given), wanted) << given;
  EXPECT_EQ(json_quote("a\"b"), "\"a\\\"b\"");
}

TEST(Strings, JsonEscapeReplacesWhatIsNotUtf8) {
  const std::string sign = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string_view, int>> cases = {
      {"\x80", 1},
      {"\xFF", 1},
      {"\xC3", 1},
      {"\xC0\x80", 2},
      {"\xE0\x80\x80", 3},
      {"\xED\xA0\x80", 3},
      {"\xE2\x82", 2},
      {"\xF0\x8F\xBF\xBF", 4},
      {"\xF4\x90\x80\x80", 4},
      {"\xF0\x9F\x98", 3},
      {"\xF5\x80\x80\x80", 4},
  };
  for (const auto& [given, signs] : cases) {
    std::string wanted = "<";
    for (int i = 0; i < signs; ++i) wanted += sign;
    EXPECT_EQ(json_escape("<" + std::string(given) + ">"), wanted + ">") << signs;
  }
}

TEST(Strings, NumbersAreDigitsAlone) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("007"), 7U);
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615ULL);
  for (const auto bad :
       {"", " 1", "1 ", "+1", "-1", "-0", "0x1", "1e3", "1.0", "a", "18446744073709551616"}) {
    EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
  }
}

TEST(Strings, PercentEncodeLeavesTheUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=%&\xC3\xA4"), "a%20b%2Fc%3Fd%3D%25%26%C3%A4");
}

}  // namespace
}  // namespace gantry::base
