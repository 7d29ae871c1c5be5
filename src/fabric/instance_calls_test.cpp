// Calls: ids and tokens replaced, answers routed, deadlines, what is set for many clients at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/test_instance.h"

namespace gantry::fabric {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class InstanceCallsTest : public InstanceTest {
 protected:
  static std::string subscribe(std::string_view id, std::string_view uri,
                               std::string_view what = "subscribe") {
    return fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"resources/{}","params":{{"uri":"{}"}}}})", id, what,
        uri);
  }
  static std::string level(std::string_view id, std::string_view name) {
    return fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"logging/setLevel","params":{{"level":"{}"}}}})", id,
        name);
  }
  static std::string progress(std::string_view token) {
    return mcp::notification("notifications/progress",
                             fmt::format(R"({{"progressToken":{},"progress":1}})", token));
  }
  /// Starts a call and gives it as the server saw it.
  const McpServer::Seen& asked(const std::shared_ptr<RecordingClient>& from,
                               std::string_view body) {
    const auto before = server_.of("tools/call").size();
    call(from, body);
    EXPECT_TRUE(server_.has("tools/call", before + 1));
    return *server_.of("tools/call").at(before);
  }
};

TEST_F(InstanceCallsTest, go_out_under_ids_of_our_own) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  const auto& first = asked(one, tool_call("\"same\"", "\"token\""));
  const auto& second = asked(two, tool_call("\"same\"", "7"));
  EXPECT_NE(first.id, second.id);
  for (const auto* sent : {&first, &second}) {
    EXPECT_EQ(sent->body,
              fmt::format(R"({{"jsonrpc":"2.0","id":{0},"method":"tools/call",)"
                          R"("params":{{"name":"t","_meta":{{"progressToken":{0}}}}}}})",
                          sent->id));
  }
  server_.answer(second, R"({"of":2})");
  ASSERT_TRUE(two->heard("answer \"same\""));
  EXPECT_THAT(two->told[0], HasSubstr(R"("result":{"of":2})"));
  EXPECT_EQ(one->told.size(), 0U);
  server_.respond(first, 200, mcp::error(first.id, -32602, "no"));
  ASSERT_TRUE(one->heard("answer \"same\""));
  EXPECT_THAT(one->told[0], HasSubstr(R"("message":"no")"));
}

TEST_F(InstanceCallsTest, keep_all_but_what_is_replaced) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const std::string whole =
      " {\"x\" : 1e400,\n \"method\":\"tools\\/call\", \"params\":{\"name\":\"s__t\" ,"
      "\"z\":\"\\u0000\"},\r\n\"id\":12 ,\"jsonrpc\":\"2.0\"} ";
  const auto at = mcp::scan(whole).value();
  call(one, whole, {.span = at.name, .text = R"("t")"});
  ASSERT_TRUE(server_.has("tools/call"));
  const auto* sent = server_.of("tools/call")[0];
  EXPECT_EQ(sent->body,
            "{\"x\" : 1e400,  \"method\":\"tools\\/call\", \"params\":{\"name\":\"t\" "
            ",\"z\":\"\\u0000\"},  \"id\":" +
                sent->id + " ,\"jsonrpc\":\"2.0\"}");
}

TEST_F(InstanceCallsTest, that_nobody_answers_end_at_their_deadline) {
  config_.timeouts.call = base::Millis(80);
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& sent = asked(one, tool_call("7"));
  ASSERT_TRUE(one->heard("failed 7: server 's': timeouts.call: no answer within 80ms"));
  ASSERT_TRUE(server_.has("notifications/cancelled"));
  const auto& cancelled = *server_.of("notifications/cancelled")[0];
  EXPECT_EQ(cancelled.part(&mcp::Envelope::request_id), sent.id);
  EXPECT_THAT(cancelled.body, HasSubstr(R"("reason":"timed out")"));
  server_.answer(sent, "{}");  // too late
  loop_.settle();
  EXPECT_EQ(one->told.size(), 1U);
  EXPECT_EQ(instance_->facts().in_flight.load(), 0U);
}

TEST_F(InstanceCallsTest, have_a_clock_that_progress_sets_anew) {
  config_.timeouts.call = base::Millis(400);
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& still = asked(one, tool_call("1", "\"a\""));
  const auto& moving = asked(one, tool_call("2", "\"b\""));
  const auto& silent = asked(one, tool_call("3"));
  const auto begun = base::Clock::now();
  ASSERT_TRUE(loop_.wait([&] { return base::Clock::now() - begun > base::Millis(60); }));
  server_.say(moving, progress(moving.id));
  ASSERT_TRUE(one->heard("within 2"));
  EXPECT_THAT(one->told[0], HasSubstr(fmt::format(R"("progressToken":{})", moving.id)));
  server_.say(silent, progress(silent.id));  // nobody asked for it: it tells nobody, moves nothing
  server_.say(silent, progress("99"));
  server_.say(silent, progress("\"a\""));
  ASSERT_TRUE(one->heard("failed 1"));
  ASSERT_TRUE(one->heard("failed 3"));
  EXPECT_EQ(one->count("failed 2"), 0U);
  server_.answer(still, "{}");
  ASSERT_TRUE(one->heard("failed 2"));
  EXPECT_EQ(one->told.size(), 4U);
}

TEST_F(InstanceCallsTest, have_a_longest_time_whatever_happens) {
  config_.timeouts.call_max = base::Millis(80);
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& sent = asked(one, tool_call("1", "1"));
  server_.say(sent, progress(sent.id));
  ASSERT_TRUE(one->heard("failed 1: server 's': timeouts.call_max: no answer within 80ms"));
}

TEST_F(InstanceCallsTest, may_be_taken_back) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto taken = call(one, tool_call("\"x\""));
  ASSERT_TRUE(server_.has("tools/call"));
  const auto& sent = *server_.of("tools/call")[0];
  const std::string body = R"({"jsonrpc":"2.0","method":"notifications/cancelled",)"
                           R"("params":{"requestId":"x","reason":"r"}})";
  const auto at = mcp::scan(body).value();
  for (int time = 0; time < 2; ++time)
    loop_.on([&] { instance_->cancel(taken, {.bytes = body, .at = at}); });
  ASSERT_TRUE(server_.has("notifications/cancelled"));
  loop_.settle();
  ASSERT_EQ(server_.of("notifications/cancelled").size(), 1U);
  EXPECT_EQ(server_.of("notifications/cancelled")[0]->body,
            fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/cancelled",)"
                        R"("params":{{"requestId":{},"reason":"r"}}}})",
                        sent.id));
  server_.answer(sent, "{}");
  loop_.settle();
  EXPECT_EQ(one->told.size(), 0U);
  EXPECT_EQ(instance_->facts().in_flight.load(), 0U);
}

TEST_F(InstanceCallsTest, that_wait_may_be_taken_back_too) {
  server_.hold_initialize = true;
  make();
  const auto one = client();
  const auto taken = call(one, tool_call("1"));
  call(one, tool_call("2"));
  const std::string body =
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})";
  const auto at = mcp::scan(body).value();
  loop_.on([&] { instance_->cancel(taken, {.bytes = body, .at = at}); });
  server_.results["tools/call"] = "{}";
  ASSERT_TRUE(server_.has("initialize"));
  server_.welcome(server_.seen[0]);
  ASSERT_TRUE(one->heard("answer 2"));
  EXPECT_EQ(server_.of("tools/call").size(), 1U);
  EXPECT_EQ(one->told.size(), 1U);
}

TEST_F(InstanceCallsTest, of_a_client_that_goes_are_cancelled) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  const auto& gone = asked(one, tool_call("1"));
  const auto& stays = asked(two, tool_call("1"));
  EXPECT_EQ(instance_->facts().sessions.load(), 2U);
  loop_.on([&] { instance_->detach(one); });
  ASSERT_TRUE(server_.has("notifications/cancelled"));
  EXPECT_EQ(server_.of("notifications/cancelled")[0]->part(&mcp::Envelope::request_id), gone.id);
  EXPECT_EQ(instance_->facts().sessions.load(), 1U);
  EXPECT_EQ(instance_->facts().in_flight.load(), 1U);
  server_.answer(gone, "{}");
  server_.answer(stays, "{}");
  ASSERT_TRUE(two->heard("answer 1"));
  EXPECT_EQ(one->told.size(), 0U);
  loop_.on([&] { instance_->detach(one); });  // it is gone already
}

TEST_F(InstanceCallsTest, subscribe_once_for_all_clients) {
  server_.results = {{"resources/subscribe", "{}"}, {"resources/unsubscribe", "{}"}};
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  call(one, subscribe("1", "u:a"));
  ASSERT_TRUE(one->heard("answer 1"));
  call(two, subscribe("1", "u:a"));
  ASSERT_TRUE(two->heard("answer 1"));
  call(two, subscribe("2", "u:b"));
  ASSERT_TRUE(two->heard("answer 2"));
  EXPECT_EQ(server_.of("resources/subscribe").size(), 2U);

  const auto updated = [](std::string_view uri) {
    return mcp::notification("notifications/resources/updated",
                             fmt::format(R"({{"uri":"{}"}})", uri));
  };
  server_.say(updated("u:b"));
  server_.say(updated("u:other"));
  server_.say(updated("u:a/part"));
  ASSERT_TRUE(one->heard("unasked"));
  ASSERT_TRUE(loop_.wait([&] { return two->count("unasked") == 2; }));
  EXPECT_EQ(one->count("unasked"), 1U);
  EXPECT_THAT(one->told.back(), HasSubstr("u:a/part"));

  call(one, subscribe("3", "u:a", "unsubscribe"));
  ASSERT_TRUE(one->heard("answer 3"));
  EXPECT_EQ(server_.of("resources/unsubscribe").size(), 0U);  // the other still wants it
  loop_.on([&] { instance_->detach(two); });
  ASSERT_TRUE(server_.has("resources/unsubscribe", 2));
  EXPECT_EQ(server_.of("resources/unsubscribe")[0]->part(&mcp::Envelope::uri), R"("u:a")");
  EXPECT_EQ(server_.of("resources/unsubscribe")[1]->part(&mcp::Envelope::uri), R"("u:b")");
  call(one, subscribe("4", "u:a"));  // anew
  ASSERT_TRUE(server_.has("resources/subscribe", 3));
}

TEST_F(InstanceCallsTest, set_the_most_verbose_level_that_a_client_wants) {
  server_.initialize = R"({"protocolVersion":"2025-11-25","capabilities":{"logging":{}}})";
  server_.results["logging/setLevel"] = "{}";
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  const auto set = [&](const auto& who, std::string_view id, std::string_view name) {
    call(who, level(id, name));
    EXPECT_TRUE(who->heard(fmt::format("answer {}", id)));
    std::string sent;
    loop_.settle();
    for (const auto* message : server_.of("logging/setLevel"))
      sent += mcp::decode_string(message->part(&mcp::Envelope::level)) + " ";
    return sent;
  };
  EXPECT_EQ(set(one, "1", "warning"), "warning ");
  EXPECT_EQ(set(two, "1", "error"), "warning ");
  EXPECT_EQ(set(two, "2", "debug"), "warning debug ");
  EXPECT_EQ(set(two, "3", "emergency"), "warning debug warning ");
  const auto log = [](std::string_view name) {
    return mcp::notification("notifications/message",
                             fmt::format(R"({{"level":"{}","data":1}})", name));
  };
  server_.say(log("warning"));
  ASSERT_TRUE(one->heard("unasked"));
  server_.say(log("info"));
  server_.say(log("emergency"));
  ASSERT_TRUE(two->heard("unasked"));
  ASSERT_TRUE(loop_.wait([&] { return one->count("unasked") == 2; }));
  EXPECT_EQ(two->count("unasked"), 1U);
  loop_.on([&] { instance_->set_level(two, "notice"); });
  ASSERT_TRUE(server_.has("logging/setLevel", 4));
  EXPECT_EQ(server_.of("logging/setLevel")[3]->part(&mcp::Envelope::level), R"("notice")");
}

TEST_F(InstanceCallsTest, with_an_unknown_level_are_for_the_server_to_refuse) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  call(one, level("1", "loud"));
  ASSERT_TRUE(server_.has("logging/setLevel"));
  EXPECT_EQ(one->told.size(), 0U);
}

TEST_F(InstanceCallsTest, take_turns_where_they_must) {
  make("turns", true);
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  const auto& first = asked(one, tool_call("1"));
  const auto& second = asked(one, tool_call("2"));  // the same client's go on
  call(two, tool_call("1"));
  call(two, tool_call("2"));
  loop_.settle();
  EXPECT_EQ(server_.of("tools/call").size(), 2U);
  EXPECT_EQ(instance_->facts().waiting_turns.load(), 2U);
  server_.answer(first, "{}");
  loop_.settle();
  EXPECT_EQ(server_.of("tools/call").size(), 2U);
  server_.answer(second, "{}");
  ASSERT_TRUE(server_.has("tools/call", 4));
  EXPECT_EQ(instance_->facts().waiting_turns.load(), 0U);
}

TEST_F(InstanceCallsTest, end_when_the_server_goes_away) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  asked(one, tool_call("1"));
  server_.go_away();
  ASSERT_TRUE(one->heard("failed 1: server 's': "));
  loop_.settle();
  EXPECT_EQ(one->told.size(), 1U);
}

}  // namespace
}  // namespace gantry::fabric
