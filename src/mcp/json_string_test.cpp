#include "mcp/json_string.h"

#include <gtest/gtest.h>

#include <string>

#include "mcp/envelope.h"
#include "mcp/utf8.h"

namespace gantry::mcp {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view token;
  std::string_view text;
};

TEST(DecodeString, Escapes) {
  constexpr Case kTable[] = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("a\"b\\c\/d")", "a\"b\\c/d"},
      {R"("\b\f\n\r\t")", "\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", "A\303\251\342\202\254"},
      {R"("\u0000x")", "\0x"sv},
      {R"("x\ud83d\ude00y")", "x\360\237\230\200y"},
      {R"("\uD800\uDC00\uDBFF\uDFFF")", "\360\220\200\200\364\217\277\277"},
      {R"("\ud800")", "\357\277\275"},
      {R"("\udc00")", "\357\277\275"},
      {R"("\ud800\ud800\udc00")", "\357\277\275\360\220\200\200"},
      {R"("\udc00\ud800")", "\357\277\275\357\277\275"},
      {R"("\ud800x")", "\357\277\275x"},
      {R"("\ud800\n")", "\357\277\275\n"},
      {R"("\\u0041")", "\\u0041"},
      {"\"\303\251\\n\"", "\303\251\n"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(decode_string(row.token), row.text) << row.token;
    std::string storage;
    EXPECT_EQ(decode_string(row.token, storage), row.text) << row.token;
  }
}

TEST(DecodeString, CopiesOnlyWhatHasAnEscape) {
  std::string storage = "kept";
  const std::string_view token = R"("plain text, long enough to be allocated if it were copied")";
  const auto text = decode_string(token, storage);
  EXPECT_EQ(text.data(), token.data() + 1);
  EXPECT_EQ(storage, "kept");
  EXPECT_EQ(decode_string(R"("a\tb")", storage).data(), storage.data());
}

TEST(DecodeString, WhatIsNoStringStaysInBounds) {
  for (const std::string_view token : {""sv, "\""sv, "x"sv, "\"\\\""sv, R"("\u")"sv, R"("\u12)"sv,
                                       R"("\ud800\u")"sv, R"("\ud800\")"sv, R"("\uZZZZ")"sv}) {
    EXPECT_LE(decode_string(token).size(), token.size()) << token;
  }
}

/// By the definition of UTF-8, another way round: decode, then look at the number.
bool is_well_formed(std::string_view bytes, std::size_t length) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  std::uint32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >> 6U != 2) return false;
    point = point << 6U | (byte & 0x3FU);
  }
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return point >= kLeast[length] && point <= 0x10FFFF && !surrogate;
}

std::size_t announced_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first >> 5U == 6) return 2;
  if (first >> 4U == 14) return 3;
  return first >> 3U == 30 ? 4 : 0;
}

TEST(Utf8, EveryPairOfFirstBytesWithEveryKindOfRest) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      for (const auto rest : {"\200\200"sv, "\277\277"sv, "\200A"sv, "A\200"sv, "\300\200"sv}) {
        std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
        bytes += rest;
        const auto length = announced_length(first);
        const bool good = length == 1 || (length != 0 && is_well_formed(bytes, length));
        const auto found = utf8_length(bytes.data(), bytes.data() + bytes.size());
        ASSERT_EQ(found, good ? length : 0) << first << ' ' << second;
        if (length > 1) ASSERT_EQ(utf8_length(bytes.data(), bytes.data() + length - 1), 0U);
      }
    }
  }
}

TEST(Utf8, EveryCodePointIsWrittenWellFormed) {
  for (std::uint32_t point = 1; point <= 0x10FFFF; ++point) {
    if (point == 0xD800) point = 0xE000;
    char room[4];
    const auto length = static_cast<std::size_t>(utf8_write(point, room) - room);
    ASSERT_EQ(utf8_length(room, room + length), length) << point;
  }
}

}  // namespace
}  // namespace gantry::mcp
