#include "transport/stdio_connector.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "transport/test_receiver.h"

namespace gantry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr StdioLimits kSmall{.message = 200, .depth = 8, .outbox = 100'000, .log_line = 50};

/// A connector and the server's ends of its pipes.
class StdioConnectorTest : public testing::Test {
 protected:
  void SetUp() override { start(kSmall); }
  void TearDown() override { stop(); }

  void start(StdioLimits limits) {
    auto [in_read, in_write] = make_pipe();
    auto [out_read, out_write] = make_pipe();
    auto [err_read, err_write] = make_pipe();
    stdin_ = std::move(in_read);
    stdout_ = std::move(out_write);
    stderr_ = std::move(err_write);
    loop_.on([&, in = std::move(in_write), out = std::move(out_read),
              err = std::move(err_read)]() mutable {
      connector_ = std::make_unique<StdioConnector>(loop_.loop(), std::move(in), std::move(out),
                                                    std::move(err), receiver_, limits);
    });
  }
  void stop() {
    loop_.on([&] { connector_.reset(); });
  }
  void say(std::string_view text) { write_all(stdout_, text); }
  void say_now(std::string_view text) {
    EXPECT_EQ(::write(stdout_.number(), text.data(), text.size()), std::ssize(text));
  }
  void log(std::string_view text) { write_all(stderr_, text); }
  /// What the server's stdin holds now.
  std::string got() {
    loop_.settle(3);
    std::string all;
    std::array<char, 65536> room{};
    while (true) {
      const auto count = ::read(stdin_.number(), room.data(), room.size());
      if (count <= 0) {
        input_ended_ = count == 0;
        return all;
      }
      all.append(room.data(), static_cast<std::size_t>(count));
    }
  }

  TestLoop loop_;
  RecordingReceiver receiver_{loop_};
  std::unique_ptr<StdioConnector> connector_;
  base::Fd stdin_;
  base::Fd stdout_;
  base::Fd stderr_;
  bool input_ended_ = false;

 private:
  static std::pair<base::Fd, base::Fd> make_pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    return {base::Fd(ends[0]), base::Fd(ends[1])};
  }
  void write_all(const base::Fd& to, std::string_view text) {
    const auto written = loop_.wait([&] {
      const auto count = ::write(to.number(), text.data(), text.size());
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
      return text.empty();
    });
    EXPECT_TRUE(written);
  }
};

TEST_F(StdioConnectorTest, tells_each_line_as_a_message) {
  say("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\r\n");
  ASSERT_TRUE(receiver_.has(2));
  say("\n  \n\r\n {\"jsonrpc\":\"2.0\",\"id\":1,");
  loop_.settle();
  say("\"method\":\"ping\"} \n");
  ASSERT_TRUE(receiver_.has(3));
  EXPECT_THAT(receiver_.told,
              ElementsAre(R"(message 0: {"jsonrpc":"2.0","id":7,"result":{}})",
                          R"(message 0: {"jsonrpc":"2.0","method":"n"})",
                          R"(message 0:  {"jsonrpc":"2.0","id":1,"method":"ping"} )"));
}

struct GarbageRow {
  std::string_view line;
  std::string_view told;
};

TEST_F(StdioConnectorTest, tells_what_is_no_message_and_goes_on) {
  for (const auto& row : {
           GarbageRow{"Server is listening", "garbage: Server is listening ("},
           GarbageRow{"{\"jsonrpc\":\"2.0\",\"method\":", "garbage: {\"jsonrpc\":\"2.0\""},
           GarbageRow{"{\"level\":\"info\"}", "garbage: {\"level\":\"info\"} ("},
           GarbageRow{"7", "garbage: 7 ("},
           GarbageRow{"\xFF\xFE", "garbage: \xFF\xFE ("},
           GarbageRow{"[]", "garbage: [] ("},
           GarbageRow{"[1", "garbage: [1 ("},
           GarbageRow{"{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{\"a\":[[[[[[[[0]]]]]]]]}}",
                      "garbage: {\"jsonrpc\":\"2.0\",\"method\":\"n\""},
       }) {
    receiver_.told.clear();
    say(std::string(row.line) + "\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
    ASSERT_TRUE(receiver_.has(2)) << row.line;
    EXPECT_TRUE(receiver_.told[0].starts_with(row.told)) << receiver_.told[0];
    EXPECT_EQ(receiver_.told[1], R"(message 0: {"jsonrpc":"2.0","method":"n"})");
  }
}

TEST_F(StdioConnectorTest, splits_batches) {
  say("[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}, 7 "
      ",{\"jsonrpc\":\"2.0\",\"method\":\"n\"}]\n");
  ASSERT_TRUE(receiver_.has(3));
  EXPECT_EQ(receiver_.told[0], R"(message 0: {"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_TRUE(receiver_.told[1].starts_with("garbage: 7 (")) << receiver_.told[1];
  EXPECT_EQ(receiver_.told[2], R"(message 0: {"jsonrpc":"2.0","method":"n"})");
}

TEST_F(StdioConnectorTest, throws_a_line_away_that_is_too_long) {
  say(std::string(150, 'x'));
  loop_.settle();
  say(std::string(300'000, 'x') + "\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_THAT(receiver_.told, ElementsAre("garbage:  (a line over 200 bytes)",
                                          R"(message 0: {"jsonrpc":"2.0","method":"n"})"));
}

TEST_F(StdioConnectorTest, reads_more_than_one_room_full) {
  stop();
  start({.message = 1U << 20U, .depth = 8, .outbox = 1000, .log_line = 50});
  const auto long_text = std::string(500'000, 'y');
  say(R"({"jsonrpc":"2.0","method":"n","params":{"t":")" + long_text + "\"}}\n");
  ASSERT_TRUE(receiver_.has(1));
  EXPECT_THAT(receiver_.told[0], HasSubstr(long_text));
}

TEST_F(StdioConnectorTest, writes_each_message_as_a_line) {
  loop_.on([&] {
    connector_->request(7, R"({"jsonrpc":"2.0","id":7,"method":"ping"})");
    connector_->notify(R"({"jsonrpc":"2.0","method":"n"})");
    connector_->established("2025-11-25");
    connector_->abandon(7);
  });
  EXPECT_EQ(got(),
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n"
            "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
  EXPECT_THAT(receiver_.told, ElementsAre());
}

TEST_F(StdioConnectorTest, keeps_what_the_server_does_not_read_up_to_a_limit) {
  const std::string body(60'000, 'b');
  loop_.on([&] {
    connector_->notify(body);      // the pipe takes it, at the end of the round
    connector_->request(7, body);  // 120,000 bytes would wait
  });
  EXPECT_THAT(receiver_.told, ElementsAre("failed 7 never: the server does not read its input"));
  loop_.settle();
  loop_.on([&] { connector_->request(8, body); });
  EXPECT_EQ(receiver_.told.size(), 1U);
  EXPECT_FALSE(connector_->flushed());
  std::string all;
  ASSERT_TRUE(loop_.wait([&] {
    all += got();
    return all.size() >= 2 * (body.size() + 1);
  }));
  EXPECT_EQ(all, body + "\n" + body + "\n");
  loop_.on([&] { connector_->request(9, "x"); });  // there is room again
  EXPECT_EQ(got(), "x\n");
  EXPECT_EQ(receiver_.told.size(), 1U);
}

TEST_F(StdioConnectorTest, closes_the_input_once_all_was_written) {
  const std::string body(90'000, 'b');  // more than a pipe holds
  loop_.on([&] {
    connector_->notify(body);
    connector_->close_input();
    connector_->request(7, "late");
  });
  EXPECT_THAT(receiver_.told, ElementsAre("failed 7 never: the server does not read its input"));
  std::string all;
  ASSERT_TRUE(loop_.wait([&] {
    all += got();
    return input_ended_;
  }));
  EXPECT_EQ(all, body + "\n");
  say("{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");  // its output is still read
  ASSERT_TRUE(receiver_.has(2));
}

TEST_F(StdioConnectorTest, closes_an_idle_input_at_once) {
  loop_.on([&] { connector_->close_input(); });
  EXPECT_EQ(got(), "");
  EXPECT_TRUE(input_ended_);
}

TEST_F(StdioConnectorTest, tells_of_a_server_that_closed_its_input) {
  stdin_.reset();
  loop_.on([&] { connector_->notify("first"); });
  ASSERT_TRUE(receiver_.has(1));
  loop_.on([&] { connector_->request(7, "second"); });
  loop_.settle();
  EXPECT_THAT(receiver_.told, ElementsAre("closed: the server closed its input"));
}

TEST_F(StdioConnectorTest, may_be_silenced) {
  say("{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
  receiver_.on_anything = [&] { connector_->silence(); };
  ASSERT_TRUE(receiver_.has(1));
  stdout_.reset();
  stderr_.reset();
  loop_.on([&] {
    connector_->request(7, "x");
    EXPECT_TRUE(connector_->flushed());
  });
  loop_.settle();
  EXPECT_EQ(receiver_.told.size(), 1U);
}

TEST_F(StdioConnectorTest, tells_of_the_end_of_the_output_once) {
  say("{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\nhalf a li");
  stdout_.reset();
  ASSERT_TRUE(receiver_.heard("closed"));
  log("still here\n");
  loop_.settle();
  loop_.on([&] { connector_->request(7, "x"); });
  loop_.settle();
  EXPECT_THAT(receiver_.told, ElementsAre(R"(message 0: {"jsonrpc":"2.0","method":"n"})",
                                          "closed: the server closed its output"));
}

TEST_F(StdioConnectorTest, tells_the_log_line_by_line) {
  log("one\ntwo\r\n\n" + std::string(80, 'z') + "\nlast");
  ASSERT_TRUE(receiver_.has(4));
  stderr_.reset();
  ASSERT_TRUE(receiver_.has(5));
  EXPECT_THAT(receiver_.told, ElementsAre("log: one", "log: two",
                                          "log: ", "log: (a line too long to keep)", "log: last"));
}

TEST_F(StdioConnectorTest, drains_what_is_in_the_pipes) {
  loop_.on([&] {
    // Within one round: nothing but drain() can have read it.
    say_now("{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
    connector_->drain();
    EXPECT_EQ(receiver_.told.size(), 1U);
  });
}

TEST_F(StdioConnectorTest, may_be_destroyed_from_inside_what_it_tells) {
  const std::string_view rows[] = {
      "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n",
      "[{\"jsonrpc\":\"2.0\",\"method\":\"n\"},{\"jsonrpc\":\"2.0\",\"method\":\"n\"}]\n",
      "garbage\ngarbage\n",
      "[broken\ngarbage\n",
  };
  receiver_.on_anything = [&] { connector_.reset(); };
  for (const auto row : rows) {
    receiver_.told.clear();
    say(row);
    ASSERT_TRUE(receiver_.has(1)) << row;
    loop_.settle();
    EXPECT_EQ(receiver_.told.size(), 1U) << row;
    start(kSmall);
  }
  const std::string too_long(300, 'x');
  receiver_.told.clear();
  say(too_long + "\n" + too_long + "\n");
  ASSERT_TRUE(receiver_.has(1));
  start(kSmall);
  receiver_.told.clear();
  log("a\nb\n");
  ASSERT_TRUE(receiver_.has(1));
  start(kSmall);
  receiver_.told.clear();
  stdout_.reset();
  ASSERT_TRUE(receiver_.has(1));
  loop_.settle();
  EXPECT_EQ(receiver_.told.size(), 1U);
}

}  // namespace
}  // namespace gantry::transport
