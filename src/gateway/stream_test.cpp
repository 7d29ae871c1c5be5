// Streams over a real server and client: what travels, and what a client that comes back gets.
#include "gateway/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/test_http.h"

namespace gantry::gateway {
namespace {

using transport::ScriptedHttp;
using transport::TestLoop;

/// One request and what came back for it.
struct Got final : net::ResponseSink {
  explicit Got(TestLoop& of) : loop(of) {}
  void on_head(const net::ResponseHead& head) override {
    status = head.status;
    type = head.headers.find("content-type").value_or("");
  }
  void on_body(std::string_view piece, bool last) override {
    body += piece;
    ended = last;
    loop.poke();
  }
  void on_failed(base::Error, net::Sent) override { failed = ended = true; }

  TestLoop& loop;
  int status = 0;
  std::string type;
  std::string body;
  bool ended = false;
  bool failed = false;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() : url_(net::parse_url(server_.url()).value()) {
    loop_.on([&] {
      pool_ = std::make_unique<net::HttpPool>(loop_.context(), url_.address, base::Millis(60'000));
    });
  }
  ~StreamTest() override {
    loop_.on([&] { pool_.reset(); });
  }

  /// Asks, and gives the exchange that waits for its answer.
  std::shared_ptr<net::Exchange> ask(Got& got) {
    const auto before = server_.requests.size();
    loop_.on([&] {
      got_connection_ = pool_->send({"GET / HTTP/1.1\r\nHost: ", url_.authority, "\r\n\r\n"}, got);
    });
    EXPECT_TRUE(server_.has(before + 1));
    return server_.requests.at(before).exchange;
  }
  void on(const std::function<void()>& action) {
    loop_.on([&] { action(); });
    loop_.settle(5);
  }
  [[nodiscard]] bool ended(const Got& got) {
    return loop_.wait([&] { return got.ended; });
  }

  TestLoop loop_;
  ScriptedHttp server_{loop_};
  net::Url url_;
  std::unique_ptr<net::HttpPool> pool_;
  net::ClientConnection* got_connection_ = nullptr;
  EventLog log_{100, 10'000};
  Got got_{loop_};
};

TEST_F(StreamTest, one_answer_is_a_json_body) {
  Stream stream(1, Stream::Kind::kSingle, 1);
  stream.connect(ask(got_));
  EXPECT_TRUE(stream.connected());
  on([&] { stream.answer(log_, {"{\"id\":", "7", "}"}); });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.status, 200);
  EXPECT_EQ(got_.type, "application/json");
  EXPECT_EQ(got_.body, "{\"id\":7}");
  EXPECT_TRUE(stream.done());
  EXPECT_FALSE(stream.connected());
  EXPECT_EQ(log_.last(), 0U);  // nothing to come back for
}

TEST_F(StreamTest, a_batch_is_an_array_once_all_is_there) {
  Stream stream(1, Stream::Kind::kBatch, 3);
  stream.connect(ask(got_));
  on([&] { stream.answer(log_, {"1"}); });
  on([&] { stream.give_up_one(); });
  EXPECT_FALSE(got_.ended);
  on([&] { stream.answer(log_, {"2", "3"}); });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.body, "[1,23]");
}

TEST_F(StreamTest, that_has_nothing_left_to_say_is_accepted) {
  Stream stream(1, Stream::Kind::kBatch, 2);
  stream.connect(ask(got_));
  on([&] { stream.give_up_one(); });
  on([&] { stream.give_up_one(); });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.status, 202);
  EXPECT_EQ(got_.body, "");
}

TEST_F(StreamTest, becomes_events_when_more_than_the_answer_travels) {
  Stream stream(4, Stream::Kind::kSingle, 1);
  stream.connect(ask(got_));
  on([&] {
    stream.begin_events(log_, false);
    stream.begin_events(log_, false);  // once
    stream.push(log_, "{\"n\":1}");
  });
  EXPECT_EQ(got_.type, "text/event-stream");
  EXPECT_EQ(got_.body, "id: 4-1\ndata: {\"n\":1}\n\n");
  EXPECT_FALSE(got_.ended);
  on([&] { stream.answer(log_, {"{", "}"}); });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.body, "id: 4-1\ndata: {\"n\":1}\n\nid: 4-2\ndata: {}\n\n");
}

TEST_F(StreamTest, of_a_batch_sends_what_it_had_as_one_event) {
  Stream stream(4, Stream::Kind::kBatch, 3);
  stream.connect(ask(got_));
  on([&] {
    stream.answer(log_, {"1"});
    stream.answer(log_, {"2"});
    stream.begin_events(log_, false);
    stream.answer(log_, {"3"});
  });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.body, "id: 4-1\ndata: [1,2]\n\nid: 4-2\ndata: 3\n\n");
}

TEST_F(StreamTest, is_primed_and_paused_and_taken_up_again) {
  Stream stream(4, Stream::Kind::kSingle, 1);
  stream.connect(ask(got_));
  on([&] {
    stream.begin_events(log_, true);
    stream.push(log_, "1");
    stream.pause(log_, base::Millis(50));
  });
  ASSERT_TRUE(ended(got_));
  EXPECT_EQ(got_.body, "id: 4-1\nretry: 1000\ndata: \n\nid: 4-2\ndata: 1\n\nretry: 50\n\n");
  EXPECT_FALSE(stream.done());
  on([&] {
    stream.push(log_, "2");  // nobody is there
    static_cast<void>(log_.add(5, "of another"));
  });
  Got again(loop_);
  const auto exchange = ask(again);
  on([&] { stream.resume(exchange, log_, 1); });
  EXPECT_EQ(again.body, "id: 4-2\ndata: 1\n\nid: 4-3\ndata: 2\n\n");
  on([&] { stream.answer(log_, {"3"}); });
  ASSERT_TRUE(ended(again));
  EXPECT_EQ(again.body, "id: 4-2\ndata: 1\n\nid: 4-3\ndata: 2\n\nid: 4-5\ndata: 3\n\n");
}

TEST_F(StreamTest, that_was_answered_meanwhile_ends_when_taken_up) {
  Stream stream(4, Stream::Kind::kSingle, 1);
  stream.connect(ask(got_));
  on([&] {
    stream.begin_events(log_, true);
    stream.pause(log_, base::Millis(50));
    stream.answer(log_, {"1"});
  });
  Got again(loop_);
  const auto exchange = ask(again);
  on([&] { stream.resume(exchange, log_, 1); });
  ASSERT_TRUE(ended(again));
  EXPECT_EQ(again.body, "id: 4-2\ndata: 1\n\n");
}

TEST_F(StreamTest, goes_over_to_who_takes_it_up) {
  Stream stream(0, Stream::Kind::kStanding, 0);
  bool gone = false;
  auto exchange = ask(got_);
  exchange->on_gone = [&] { gone = true; };
  on([&] { stream.resume(exchange, log_, 0); });
  Got again(loop_);
  exchange = ask(again);
  on([&] { stream.resume(exchange, log_, 0); });
  ASSERT_TRUE(ended(got_));
  EXPECT_FALSE(gone);
  on([&] {
    stream.push(log_, "1");
    stream.ping();
  });
  EXPECT_EQ(got_.body, "");
  EXPECT_EQ(again.body, "id: 0-1\ndata: 1\n\n: ping\n\n");
  EXPECT_FALSE(stream.done());
  on([&] { stream.finish(); });
  ASSERT_TRUE(ended(again));
  EXPECT_FALSE(again.failed);
}

TEST_F(StreamTest, survives_a_client_that_went_away) {
  Stream stream(4, Stream::Kind::kSingle, 1);
  bool gone = false;
  const auto exchange = ask(got_);
  exchange->on_gone = [&] { gone = true; };
  stream.connect(exchange);
  on([&] { pool_->abandon(*got_connection_); });
  ASSERT_TRUE(loop_.wait([&] { return gone; }));
  EXPECT_FALSE(stream.connected());
  on([&] {
    stream.begin_events(log_, true);
    stream.push(log_, "1");
    stream.ping();
    stream.answer(log_, {"2"});
    stream.finish();
  });
  EXPECT_EQ(log_.last(), 3U);  // kept for whoever comes back
}

TEST_F(StreamTest, that_never_sent_anything_ends_with_an_answer_all_the_same) {
  Stream stream(4, Stream::Kind::kSingle, 1);
  stream.connect(ask(got_));
  on([&] { stream.finish(); });
  ASSERT_TRUE(ended(got_));
  EXPECT_NE(got_.status, 0);
  EXPECT_FALSE(got_.failed);
  on([&] { stream.finish(); });
}

}  // namespace
}  // namespace gantry::gateway
