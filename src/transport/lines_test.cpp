#include "transport/lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace gantry::transport {
namespace {

/// What is told when `text` comes in these pieces: lines in brackets, "!" for one too long, then
/// the rest.
std::string read(const std::vector<std::string_view>& pieces, std::size_t most) {
  LineReader reader(most);
  std::string told;
  const auto each = [&](std::string_view line) {
    told.append("[").append(line).append("]");
    return true;
  };
  const auto too_long = [&] {
    told += "!";
    return true;
  };
  for (const auto piece : pieces) EXPECT_TRUE(reader.feed(piece, each, too_long));
  return told.append(reader.rest());
}

struct LinesRow {
  std::string_view text;
  std::string_view told;
};

constexpr std::size_t kMost = 5;
const LinesRow kRows[] = {
    {"", ""},
    {"\n", "[]"},
    {"ab\n", "[ab]"},
    {"ab", "ab"},
    {"ab\ncd\nef", "[ab][cd]ef"},
    {"ab\r\ncd\r\n", "[ab][cd]"},
    {"\r\n\r\n", "[][]"},
    {"a\rb\n", "[a\rb]"},
    {"ab\r\r\n", "[ab\r]"},
    {"\n\nab\n", "[][][ab]"},
    {"12345\n", "[12345]"},
    {"123456\n", "!"},
    {"123456", "!"},
    {"123456\nab\n", "![ab]"},
    {"ab\n1234567890\ncd\n", "[ab]![cd]"},
    {"123456789\n123456789\nx", "!!x"},
    {"123456\n\nab\n", "![][ab]"},
    {std::string_view("a\0b\n", 4), std::string_view("[a\0b]", 5)},
};

TEST(Lines, are_told_whole) {
  for (const auto& row : kRows) EXPECT_EQ(read({row.text}, kMost), row.told) << row.text;
}

TEST(Lines, do_not_depend_on_where_the_bytes_are_cut) {
  for (const auto& row : kRows) {
    for (std::size_t one = 0; one <= row.text.size(); ++one) {
      for (std::size_t two = one; two <= row.text.size(); ++two) {
        const std::vector<std::string_view> pieces = {
            row.text.substr(0, one), row.text.substr(one, two - one), row.text.substr(two)};
        EXPECT_EQ(read(pieces, kMost), row.told) << row.text << " cut at " << one << ", " << two;
      }
    }
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < row.text.size(); ++at) bytes.push_back(row.text.substr(at, 1));
    EXPECT_EQ(read(bytes, kMost), row.told) << row.text;
  }
}

TEST(Lines, stop_when_the_owner_is_gone) {
  LineReader reader(kMost);
  int told = 0;
  const auto stop = [&](std::string_view) { return ++told < 2; };
  EXPECT_FALSE(reader.feed("a\nb\nc\n", stop, [] { return true; }));
  EXPECT_EQ(told, 2);
  LineReader other(kMost);
  const auto never = [&](std::string_view) {
    ADD_FAILURE();
    return true;
  };
  EXPECT_FALSE(other.feed("123456\nab\n", never, [] { return false; }));
}

}  // namespace
}  // namespace gantry::transport
