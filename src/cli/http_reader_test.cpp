#include "cli/http_reader.h"

#include <gtest/gtest.h>

namespace gantry::cli {
namespace {

struct Case {
  const char* name;
  std::string bytes;
  std::string body;
};

class ReadsAnswer : public testing::TestWithParam<Case> {};

TEST_P(ReadsAnswer, WholeAndByteByByte) {
  AnswerReader whole;
  ASSERT_TRUE(whole.feed(GetParam().bytes));
  ASSERT_TRUE(whole.close());
  EXPECT_EQ(whole.take(), GetParam().body);
  AnswerReader slow;
  std::string body;
  for (const char c : GetParam().bytes) {
    ASSERT_TRUE(slow.feed({&c, 1}));
    body += slow.take();
  }
  ASSERT_TRUE(slow.close());
  EXPECT_TRUE(slow.done());
  EXPECT_EQ(body + slow.take(), GetParam().body);
  EXPECT_EQ(slow.head().status, 200);
  EXPECT_EQ(slow.head().header("x-a"), "b");
}

INSTANTIATE_TEST_SUITE_P(
    Table, ReadsAnswer,
    testing::Values(
        Case{"length", "HTTP/1.1 200 OK\r\nX-A: b \r\nContent-Length: 5\r\n\r\nhello", "hello"},
        Case{"empty", "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 0\r\n\r\n", ""},
        Case{"to_the_close", "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhel\r\nlo", "hel\r\nlo"},
        Case{"chunked",
             "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: "
             "Chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n"
             "0\r\nTrailer: x\r\n\r\n",
             "hello0123456789"},
        Case{"after_continue",
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-a:b\r\nContent-Length: 1\r\n\r\nz",
             "z"}),
    [](const auto& info) { return info.param.name; });

TEST(AnswerReader, RefusesWhatIsNotHttp) {
  for (const auto* bytes :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
    AnswerReader reader;
    const auto fed = reader.feed(bytes);
    ASSERT_FALSE(fed) << bytes;
    EXPECT_EQ(fed.error().code, base::Code::kParse);
  }
  AnswerReader reader;
  EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x')).error().code,
            base::Code::kLimit);
}

TEST(AnswerReader, ACloseInTheMiddleIsAnError) {
  AnswerReader reader;
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
  EXPECT_EQ(reader.close().error().code, base::Code::kUnavailable);
}

TEST(EventReader, ReadsLinesOfEachEnding) {
  EventReader reader;
  const std::string text =
      ": comment\n\nid: 1\ndata: {\"a\":\ndata: 1}\n\r\ndata:two\r\n\r\nevent: x\rdata: "
      "three\r\rid: 9\ndata:\n\ndata: part";
  for (const char c : text) ASSERT_TRUE(reader.feed({&c, 1}));
  const auto first = reader.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data, "{\"a\":\n1}");
  EXPECT_EQ(first->id, "1");
  EXPECT_EQ(reader.take()->data, "two");
  EXPECT_EQ(reader.take()->data, "three");
  EXPECT_FALSE(reader.take());
}

}  // namespace
}  // namespace gantry::cli
