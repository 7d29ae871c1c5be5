// One request and its answer, whatever form that takes.
#include "transport/http_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/test_connector.h"

namespace gantry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class HttpConnectorTest : public ConnectedTest {};

TEST_F(HttpConnectorTest, posts_a_message_and_tells_its_answer) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  const auto& asked = server_.requests[0];
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/mcp");
  EXPECT_EQ(asked.body, body_of(7));
  EXPECT_EQ(asked.header("accept"), "application/json, text/event-stream");
  EXPECT_EQ(asked.header("content-type"), "application/json");
  EXPECT_EQ(asked.header("x-key"), "secret");
  EXPECT_EQ(asked.header("host"), url_.authority);
  EXPECT_EQ(asked.header("mcp-session-id"), "(none)");
  EXPECT_EQ(asked.header("mcp-protocol-version"), "(none)");
  server_.json(0, answer_to(7));
  ASSERT_TRUE(receiver_.has(1));
  EXPECT_THAT(receiver_.told, ElementsAre("message 7: " + answer_to(7)));
}

TEST_F(HttpConnectorTest, has_many_requests_at_once) {
  for (RequestId id = 2; id < 12; ++id) request(id);
  ASSERT_TRUE(server_.has(10));
  for (std::size_t at = 10; at > 0; --at) {
    const auto id = id_of(server_.requests[at - 1].body);
    server_.json(at - 1, answer_to(id));
    ASSERT_TRUE(receiver_.heard("message " + std::to_string(id)));
  }
  EXPECT_EQ(receiver_.told.size(), 10U);
  request(12);  // on a connection that is there
  ASSERT_TRUE(server_.has(11));
  server_.json(10, answer_to(12));
  ASSERT_TRUE(receiver_.has(11));
}

TEST_F(HttpConnectorTest, takes_the_session_from_initialize_alone) {
  request(1);
  ASSERT_TRUE(server_.has(1));
  server_.json(0, answer_to(1), "Mcp-Session-Id: one-1\r\n");
  ASSERT_TRUE(receiver_.has(1));
  establish();
  request(7);
  ASSERT_TRUE(server_.has(3));  // with the GET stream
  EXPECT_EQ(posts().back()->header("mcp-session-id"), "one-1");
  EXPECT_EQ(posts().back()->header("mcp-protocol-version"), "2025-11-25");
  answer(*posts().back(), answer_to(7), "Mcp-Session-Id: two-2\r\n");
  ASSERT_TRUE(receiver_.has(2));
  notify("{}");
  ASSERT_TRUE(server_.has(4));
  EXPECT_EQ(posts().back()->header("mcp-session-id"), "one-1");
}

TEST_F(HttpConnectorTest, refuses_a_session_id_that_is_no_visible_text) {
  request(1);
  ASSERT_TRUE(server_.has(1));
  server_.json(0, answer_to(1), "Mcp-Session-Id: a b\r\n");
  ASSERT_TRUE(receiver_.has(1));
  EXPECT_FALSE(connector_->has_session());
}

TEST_F(HttpConnectorTest, tells_all_of_an_event_stream) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.begin_events(0);
  server_.write(0, ": hello\n\n");
  server_.write(0, "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\ndata: {\"jso");
  server_.write(0, "nrpc\":\"2.0\",\"id\":\"s\",\"method\":\"ping\"}\n\ndata: nonsense\n\n");
  server_.write(0, "data: " + answer_to(7) + "\n\n");
  ASSERT_TRUE(receiver_.has(4));
  server_.finish(0);
  loop_.settle();
  EXPECT_THAT(receiver_.told,
              ElementsAre(R"(message 7: {"jsonrpc":"2.0","method":"n"})",
                          R"(message 7: {"jsonrpc":"2.0","id":"s","method":"ping"})",
                          StartsWith("garbage: nonsense ("), "message 7: " + answer_to(7)));
}

TEST_F(HttpConnectorTest, splits_a_batch) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.json(0, "[" + answer_to(7) + R"(,{"jsonrpc":"2.0","method":"n"}])");
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_THAT(receiver_.told, ElementsAre("message 7: " + answer_to(7),
                                          R"(message 7: {"jsonrpc":"2.0","method":"n"})"));
}

struct RefusalRow {
  int status;
  std::string_view type;
  std::string_view body;
  std::string_view told;
  std::string_view hint;
};

TEST_F(HttpConnectorTest, makes_an_error_of_what_is_no_answer) {
  const auto where = url_.authority + "/mcp";
  constexpr std::string_view kJson = "application/json";
  constexpr std::string_view kRelayed =
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}})";
  std::size_t at = 0;
  for (const auto& row : {
           RefusalRow{401, "text/plain", "who?", "answers HTTP 401", "headers:"},
           RefusalRow{403, kJson, "{}", "answers HTTP 403", "headers:"},
           RefusalRow{404, "text/html", "<p>", "answers HTTP 404", "path of"},
           RefusalRow{405, "", "", "answers HTTP 405", "path of"},
           RefusalRow{500, "text/plain", "oops", "answers HTTP 500", ""},
           RefusalRow{202, "", "", "it answers a request with HTTP 202 and no message", ""},
           RefusalRow{204, "", "", "it answers a request with HTTP 204 and no message", ""},
           RefusalRow{200, "text/html", "<p>hello", "HTTP 200 and no message", ""},
           RefusalRow{200, kJson, "{", "its answer is no message", ""},
           RefusalRow{200, kJson, "", "its answer is no message", ""},
           RefusalRow{200, kJson, "[]", "its answer is no message", ""},
           RefusalRow{400, kJson, kRelayed, kRelayed, ""},
           RefusalRow{401, "text/plain", kRelayed, kRelayed, ""},
       }) {
    receiver_.told.clear();
    request(7);
    ASSERT_TRUE(server_.has(at + 1));
    const auto headers =
        row.type.empty() ? std::string() : fmt::format("Content-Type: {}\r\n", row.type);
    server_.respond(at++, row.status, headers, row.body);
    ASSERT_TRUE(receiver_.heard(row.told == kRelayed ? "message 7" : "failed 7 maybe"));
    EXPECT_THAT(receiver_.told.back(), HasSubstr(std::string(row.told)));
    if (row.status >= 400 && row.told != kRelayed)
      EXPECT_THAT(receiver_.told.back(), HasSubstr(where));
    if (!row.hint.empty()) EXPECT_THAT(receiver_.hint, HasSubstr(std::string(row.hint)));
  }
}

TEST_F(HttpConnectorTest, never_holds_more_than_the_limit) {
  const std::string huge(3 * kSmallLimit, 'x');
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.json(0, R"({"jsonrpc":"2.0","id":7,"result":{"x":")" + huge + "\"}}");
  ASSERT_TRUE(receiver_.heard("failed 7 maybe"));
  EXPECT_THAT(receiver_.told.back(), HasSubstr(std::to_string(kSmallLimit)));
  request(8);
  ASSERT_TRUE(server_.has(2));
  server_.begin_events(1);
  server_.write(1, "data: " + huge);
  ASSERT_TRUE(receiver_.heard("failed 8 maybe"));
  EXPECT_THAT(receiver_.told.back(), HasSubstr(std::to_string(kSmallLimit)));
  request(9);
  ASSERT_TRUE(server_.has(3));
  server_.respond(2, 500, "Content-Type: text/plain\r\n", std::string(1U << 20U, 'e'));
  ASSERT_TRUE(receiver_.heard("failed 9 maybe"));
}

TEST_F(HttpConnectorTest, tells_whether_a_failed_request_was_sent) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.break_connections();
  ASSERT_TRUE(receiver_.heard("failed 7 maybe"));
  server_.go_away();
  request(8);
  ASSERT_TRUE(receiver_.heard("failed 8 never"));
  server_.come_back();
  request(9);
  ASSERT_TRUE(server_.has(2));
  server_.json(1, answer_to(9));
  ASSERT_TRUE(receiver_.heard("message 9"));
}

TEST_F(HttpConnectorTest, tells_nothing_of_a_request_that_was_abandoned) {
  bool gone = false;
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.requests[0].exchange->on_gone = [&] { gone = true; };
  loop_.on([&] {
    connector_->abandon(7);
    connector_->abandon(7);
    connector_->abandon(99);
  });
  ASSERT_TRUE(loop_.wait([&] { return gone; }));
  request(8);
  ASSERT_TRUE(server_.has(2));
  server_.json(1, answer_to(8));
  ASSERT_TRUE(receiver_.has(1));
  EXPECT_THAT(receiver_.told, ElementsAre("message 8: " + answer_to(8)));
}

TEST_F(HttpConnectorTest, may_be_abandoned_from_inside_its_own_stream) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  receiver_.on_anything = [&] {
    receiver_.on_anything = nullptr;
    connector_->abandon(7);
    connector_->request(8, body_of(8));  // it may take the place of the one that ended
  };
  server_.begin_events(0);
  server_.write(0,
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n"
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"b\"}\n\ndata: x\n\n");
  ASSERT_TRUE(server_.has(2));
  server_.json(1, answer_to(8));
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_THAT(receiver_.told, ElementsAre(R"(message 7: {"jsonrpc":"2.0","method":"a"})",
                                          "message 8: " + answer_to(8)));
}

TEST_F(HttpConnectorTest, tells_of_a_notification_that_was_not_taken) {
  notify(R"({"jsonrpc":"2.0","method":"n"})");
  ASSERT_TRUE(server_.has(1));
  EXPECT_EQ(server_.requests[0].body, R"({"jsonrpc":"2.0","method":"n"})");
  server_.respond(0, 202, "", "");
  loop_.settle();
  EXPECT_THAT(receiver_.told, ElementsAre());
  notify("{}");
  ASSERT_TRUE(server_.has(2));
  server_.respond(1, 400, "", "");
  ASSERT_TRUE(receiver_.has(1));
  notify("{}");
  ASSERT_TRUE(server_.has(3));
  server_.break_connections();
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_THAT(receiver_.told,
              ElementsAre("garbage:  (a notification was answered with HTTP 400)",
                          StartsWith("garbage:  (a notification was not delivered: ")));
}

TEST_F(HttpConnectorTest, may_be_destroyed_with_everything_in_flight) {
  initialize_session();
  request(7);
  request(8);
  notify("{}");
  ASSERT_TRUE(server_.has(5));
  begin_events(*posts()[1]);
  loop_.on([&] { connector_.reset(); });
  loop_.settle();
  EXPECT_EQ(receiver_.told.size(), 1U);  // the answer to initialize
}

}  // namespace
}  // namespace gantry::transport
