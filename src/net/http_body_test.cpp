#include "net/http_body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gantry::net {
namespace {

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool finished = false;
  std::string error;
};

/// Feeds `input` in pieces of `size` bytes.
Decoded decode(std::string_view input, std::size_t size) {
  ChunkDecoder decoder;
  Decoded out;
  while (out.consumed < input.size() && !out.finished) {
    auto piece = input.substr(out.consumed, size);
    while (!piece.empty() && !out.finished) {
      const auto step = decoder.feed(piece);
      if (!step) {
        out.error = step.error();
        return out;
      }
      EXPECT_GT(step->consumed, 0U);
      out.body.append(step->content);
      out.consumed += step->consumed;
      out.finished = step->finished;
      piece.remove_prefix(step->consumed);
    }
  }
  return out;
}

TEST(ChunkDecoder, GivesTheBodyHoweverItComes) {
  struct Case {
    std::string input;
    std::string body;
    std::string rest;
  };
  const std::vector<Case> cases = {
      {"0\r\n\r\n", "", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world", ""},
      {"00000005\r\nhello\r\n000\r\n\r\n", "hello", ""},
      {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""},
      {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""},
      {"5;name=value;x=\"y z\"\r\nhello\r\n0;last\r\n\r\n", "hello", ""},
      {"5;" + std::string(256, 'x') + "\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "a", ""},
      {"1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "a", "GET / HTTP/1.1\r\n"},
  };
  for (const auto& each : cases) {
    for (const std::size_t size : {1U, 2U, 3U, 7U, 100'000U}) {
      const auto out = decode(each.input, size);
      EXPECT_EQ(out.error, "") << each.input;
      EXPECT_TRUE(out.finished) << each.input;
      EXPECT_EQ(out.body, each.body) << each.input << " by " << size;
      EXPECT_EQ(each.input.substr(out.consumed), each.rest);
    }
  }
}

TEST(ChunkDecoder, RefusesTheMalformedHoweverItComes) {
  const std::string long_extension = "5;" + std::string(257, 'x') + "\r\nhello\r\n";
  for (const auto& input : std::vector<std::string>{
           "\r\n",
           " 5\r\n",
           "5 \r\n",
           "x\r\n",
           "-1\r\n",
           "+1\r\n",
           "0x5\r\n",
           ";x\r\n",
           "000000005\r\n",
           "123456789\r\n",
           "5\nhello\r\n",
           "5\rhello",
           "5\r\r\n",
           "5;a\nhello\r\n",
           "5\r\nhello\n0\r\n\r\n",
           "5\r\nhello0\r\n\r\n",
           "5\r\nhello world\r\n",
           "5\r\nhello\rx",
           "0\r\n\n",
           "0\r\nTrailer: x\n\r\n",
           "0\r\nTrailer: x\rx\r\n",
           "0\r\n\r\r",
           long_extension,
           "0\r\n" + std::string(5000, 't'),
       }) {
    for (const std::size_t size : {1U, 3U, 100'000U}) {
      const auto out = decode(input, size);
      EXPECT_NE(out.error, "") << input << " by " << size;
      EXPECT_FALSE(out.finished);
    }
  }
}

TEST(ChunkDecoder, IsNotFinishedBeforeItsLastByte) {
  const std::string input = "5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    const auto out = decode(std::string_view(input).substr(0, cut), 4);
    EXPECT_EQ(out.error, "");
    EXPECT_FALSE(out.finished) << cut;
    EXPECT_EQ(out.consumed, cut);
  }
}

TEST(ChunkDecoder, AnnouncesWhatIsToCome) {
  ChunkDecoder decoder;
  const auto step = decoder.feed("FFFFFFFF\r\nabc");
  ASSERT_TRUE(step);
  EXPECT_EQ(step->content, "abc");
  EXPECT_EQ(decoder.announced(), 0xFFFFFFFFULL - 3);
}

}  // namespace
}  // namespace gantry::net
