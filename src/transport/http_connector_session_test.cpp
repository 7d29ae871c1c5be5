// Sessions and streams: losing one, taking one up again, the GET stream, the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/test_connector.h"

namespace gantry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class HttpSessionTest : public ConnectedTest {};

TEST_F(HttpSessionTest, a_404_says_that_the_session_is_lost) {
  initialize_session();
  request(7);
  ASSERT_TRUE(server_.has(3));
  server_.respond(2, 404, "", "");
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_EQ(receiver_.told[1], "lost 7: " + body_of(7));
  loop_.on([&] { connector_->forget_session(); });
  request(1);
  ASSERT_TRUE(server_.has(4));
  EXPECT_EQ(server_.requests[3].header("mcp-session-id"), "(none)");
  EXPECT_EQ(server_.requests[3].header("mcp-protocol-version"), "(none)");
  server_.json(3, answer_to(1), "Mcp-Session-Id: two-2\r\n");
  ASSERT_TRUE(receiver_.has(3));
  request(7);
  ASSERT_TRUE(server_.has(5));
  EXPECT_EQ(server_.requests[4].header("mcp-session-id"), "two-2");
}

TEST_F(HttpSessionTest, a_404_without_a_session_is_an_error) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.respond(0, 404, "", "");
  ASSERT_TRUE(receiver_.has(1));
  EXPECT_THAT(receiver_.told[0], HasSubstr("answers HTTP 404"));
}

TEST_F(HttpSessionTest, a_broken_stream_is_taken_up_again) {
  initialize_session();
  request(7);
  ASSERT_TRUE(server_.has(3));
  begin_events(server_.requests[2]);
  write(server_.requests[2], "id: 4-1\nretry: 20\ndata: \n\n");
  ASSERT_TRUE(receiver_.has(2));
  write(server_.requests[2], "id: 4-2\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n");
  ASSERT_TRUE(receiver_.has(3));
  server_.break_connections();
  ASSERT_TRUE(receiver_.heard("paused"));
  ASSERT_TRUE(loop_.wait([&] { return resumed() != nullptr; }));
  EXPECT_EQ(resumed()->header("last-event-id"), "4-2");
  EXPECT_EQ(resumed()->header("mcp-session-id"), "one-1");
  EXPECT_EQ(resumed()->header("accept"), "text/event-stream");
  begin_events(*resumed());
  write(*resumed(), "id: 4-3\ndata: " + answer_to(7) + "\n\n");
  ASSERT_TRUE(receiver_.has(5));
  EXPECT_THAT(receiver_.told, ElementsAre(StartsWith("message 1"), "primed 7",
                                          R"(message 7: {"jsonrpc":"2.0","method":"n"})",
                                          "paused 7 20", "message 7: " + answer_to(7)));
}

TEST_F(HttpSessionTest, a_stream_that_the_server_closed_is_asked_for_after_its_retry) {
  initialize_session();
  request(7);
  ASSERT_TRUE(server_.has(3));
  begin_events(server_.requests[2]);
  write(server_.requests[2], "id: 4-1\ndata: \n\nretry: 30\n\n");
  server_.finish(2);
  ASSERT_TRUE(receiver_.has(3));
  EXPECT_EQ(receiver_.told[2], "paused 7 30");
  ASSERT_TRUE(loop_.wait([&] { return resumed() != nullptr; }));
  EXPECT_EQ(resumed()->header("last-event-id"), "4-1");
  answer(*resumed(), answer_to(7));  // as JSON: taken as well
  ASSERT_TRUE(receiver_.heard("message 7"));
}

TEST_F(HttpSessionTest, a_stream_is_taken_up_again_when_the_server_is_back) {
  initialize_session();
  request(7);
  ASSERT_TRUE(server_.has(3));
  begin_events(server_.requests[2]);
  write(server_.requests[2], "id: 4-1\nretry: 20\ndata: \n\n");
  ASSERT_TRUE(receiver_.heard("primed 7"));
  server_.go_away();
  ASSERT_TRUE(receiver_.has(5));  // the answer, primed, and it tried more than once
  server_.come_back();
  ASSERT_TRUE(loop_.wait([&] { return resumed() != nullptr; }));
  answer(*resumed(), answer_to(7));
  ASSERT_TRUE(receiver_.heard("message 7"));
}

TEST_F(HttpSessionTest, a_stream_that_stays_away_is_given_up) {
  initialize_session();
  request(7);
  ASSERT_TRUE(server_.has(3));
  server_.on_request = [&](const auto& asked) {
    if (asked.method != "GET") return;
    asked.exchange->begin_stream(200, "Content-Type: text/event-stream\r\n");
    asked.exchange->finish();
  };
  begin_events(server_.requests[2]);
  write(server_.requests[2], "id: 4-1\nretry: 1\ndata: \n\n");
  server_.finish(2);
  ASSERT_TRUE(receiver_.heard("failed 7"));
  EXPECT_THAT(receiver_.told.back(), HasSubstr("could not be taken up again"));
}

TEST_F(HttpSessionTest, a_stream_without_ids_cannot_be_taken_up_again) {
  request(7);
  ASSERT_TRUE(server_.has(1));
  server_.begin_events(0);
  server_.write(0, "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n");
  server_.finish(0);
  ASSERT_TRUE(receiver_.heard("failed 7"));
  EXPECT_THAT(receiver_.told.back(), HasSubstr("it closed the stream before the answer"));
  request(8);
  ASSERT_TRUE(server_.has(2));
  server_.begin_events(1);
  server_.write(1, "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n");
  ASSERT_TRUE(receiver_.heard("message 8"));
  server_.break_connections();
  ASSERT_TRUE(receiver_.heard("failed 8 maybe"));
}

TEST_F(HttpSessionTest, a_retry_holds_for_its_own_stream_alone) {
  initialize_session();
  std::size_t at = 2;
  for (const auto& [retry, told] :
       {std::pair{"retry: 25\n", "paused 7 25"}, std::pair{"", "paused 8 1000"}}) {
    const RequestId id = at == 2 ? 7 : 8;
    request(id);
    ASSERT_TRUE(server_.has(at + 1));
    begin_events(server_.requests[at]);
    write(server_.requests[at], fmt::format("id: 4-1\n{}data: \n\n", retry));
    server_.finish(at);
    ASSERT_TRUE(receiver_.heard(told)) << receiver_.told.back();
    if (id == 8) break;
    ASSERT_TRUE(loop_.wait([&] { return resumed() != nullptr; }));
    answer(*resumed(), answer_to(7));
    ASSERT_TRUE(receiver_.heard("message 7"));
    at = server_.requests.size();
  }
}

TEST_F(HttpSessionTest, a_stream_that_breaks_after_the_answer_is_no_failure) {
  for (const RequestId id : {RequestId{7}, RequestId{8}}) {
    receiver_.told.clear();
    request(id);
    const auto at = static_cast<std::size_t>(id - 7);
    ASSERT_TRUE(server_.has(at + 1));
    server_.begin_events(at);
    server_.write(at, (id == 8 ? "id: 4-1\ndata: " : "data: ") + answer_to(id) + "\n\n");
    ASSERT_TRUE(receiver_.has(1));
    server_.break_connections();
    loop_.settle();
    EXPECT_THAT(receiver_.told, ElementsAre(fmt::format("message {}: {}", id, answer_to(id))));
  }
}

TEST_F(HttpSessionTest, the_get_stream_tells_what_the_server_says_unasked) {
  initialize_session();
  auto& stream = server_.requests[1];
  EXPECT_EQ(stream.header("accept"), "text/event-stream");
  EXPECT_EQ(stream.header("mcp-session-id"), "one-1");
  EXPECT_EQ(stream.header("mcp-protocol-version"), "2025-11-25");
  EXPECT_EQ(stream.header("x-key"), "secret");
  EXPECT_EQ(stream.header("last-event-id"), "(none)");
  begin_events(stream);
  write(stream,
        "id: 0-1\nretry: 20\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\ndata: bad\n\n");
  ASSERT_TRUE(receiver_.has(3));
  EXPECT_EQ(receiver_.told[1], R"(message 0: {"jsonrpc":"2.0","method":"n"})");
  EXPECT_THAT(receiver_.told[2], StartsWith("garbage: bad ("));
  server_.break_connections();
  ASSERT_TRUE(loop_.wait([&] { return gets().size() == 2; }));
  EXPECT_EQ(gets()[1]->header("last-event-id"), "0-1");
  begin_events(*gets()[1]);
  write(*gets()[1], "data: {\"jsonrpc\":\"2.0\",\"method\":\"m\"}\n\n");
  ASSERT_TRUE(receiver_.has(4));
  loop_.on([&] { gets()[1]->exchange->finish(); });
  ASSERT_TRUE(loop_.wait([&] { return gets().size() == 3; }));
  EXPECT_EQ(receiver_.told.size(), 4U);
}

TEST_F(HttpSessionTest, a_server_without_a_get_stream_is_not_asked_again) {
  initialize_session();
  server_.respond(1, 405, "", "");
  loop_.settle();
  request(7);
  ASSERT_TRUE(server_.has(3));
  server_.json(2, answer_to(7));
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_EQ(gets().size(), 1U);
}

TEST_F(HttpSessionTest, the_get_stream_finds_a_lost_session) {
  initialize_session();
  server_.respond(1, 404, "", "");
  ASSERT_TRUE(receiver_.has(2));
  EXPECT_EQ(receiver_.told[1], "lost 0: ");
}

TEST_F(HttpSessionTest, an_event_that_is_too_large_begins_the_get_stream_anew) {
  initialize_session();
  begin_events(server_.requests[1]);
  write(server_.requests[1], "retry: 10\n\n");
  write(server_.requests[1], "data: " + std::string(2 * kSmallLimit, 'x'));
  ASSERT_TRUE(loop_.wait([&] { return gets().size() == 2; }));
}

TEST_F(HttpSessionTest, the_get_stream_may_end_from_inside_what_it_tells) {
  initialize_session();
  begin_events(server_.requests[1]);
  receiver_.on_anything = [&] { connector_->end_session(); };
  write(server_.requests[1],
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n"
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"b\"}\n\n");
  ASSERT_TRUE(receiver_.has(2));
  loop_.settle();
  EXPECT_EQ(receiver_.told.size(), 2U);
}

TEST_F(HttpSessionTest, a_new_handshake_begins_a_new_get_stream) {
  initialize_session();
  begin_events(server_.requests[1]);
  bool gone = false;
  server_.requests[1].exchange->on_gone = [&] { gone = true; };
  loop_.on([&] { connector_->forget_session(); });
  ASSERT_TRUE(loop_.wait([&] { return gone; }));
  establish();
  ASSERT_TRUE(loop_.wait([&] { return gets().size() == 2; }));
  EXPECT_EQ(gets()[1]->header("mcp-session-id"), "(none)");
}

TEST_F(HttpSessionTest, the_session_ends_with_a_delete) {
  initialize_session();
  EXPECT_TRUE(connector_->has_session());
  loop_.on([&] { connector_->end_session(); });
  EXPECT_FALSE(connector_->has_session());
  ASSERT_TRUE(server_.has(3));
  EXPECT_EQ(server_.requests[2].method, "DELETE");
  EXPECT_EQ(server_.requests[2].target, "/mcp");
  EXPECT_EQ(server_.requests[2].header("mcp-session-id"), "one-1");
  EXPECT_EQ(server_.requests[2].header("mcp-protocol-version"), "2025-11-25");
  EXPECT_EQ(server_.requests[2].body, "");
  loop_.on([&] { connector_->end_session(); });  // there is none any more
  loop_.settle();
  EXPECT_EQ(server_.requests.size(), 3U);
}

}  // namespace
}  // namespace gantry::transport
