// What a server says on its own account, and to whom it goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/test_instance.h"

namespace gantry::fabric {
namespace {

using testing::HasSubstr;

class InstanceUpwardTest : public InstanceTest {
 protected:
  static std::string ask(std::string_view id, std::string_view method = "elicitation/create") {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{}}}})", id, method);
  }
  const McpServer::Seen& asked(const std::shared_ptr<RecordingClient>& from,
                               std::string_view body) {
    const auto before = server_.of("tools/call").size();
    call(from, body);
    EXPECT_TRUE(server_.has("tools/call", before + 1));
    return *server_.of("tools/call").at(before);
  }
  /// The answers that the server got to its own requests.
  [[nodiscard]] std::vector<std::string> replies() const {
    std::vector<std::string> found;
    for (const auto* one : server_.of("")) found.push_back(one->body);
    return found;
  }
  [[nodiscard]] bool has_reply(std::string_view part) {
    return loop_.wait([&] {
      for (const auto& one : replies()) {
        if (one.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
};

TEST_F(InstanceUpwardTest, a_ping_is_answered_here) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  server_.say(ask("\"p\"", "ping"));
  ASSERT_TRUE(has_reply(R"({"jsonrpc":"2.0","id":"p","result":{}})"));
  EXPECT_EQ(one->told.size(), 0U);
  EXPECT_EQ(observer_.asks, 0);
}

TEST_F(InstanceUpwardTest, roots_are_those_of_the_file) {
  config_.roots.fixed = {{.uri = "file:///a", .name = "A \"a\""}, {.uri = "file:///b", .name = ""}};
  make();
  ASSERT_TRUE(ready());
  server_.say(ask("1", "roots/list"));
  ASSERT_TRUE(has_reply(R"({"roots":[{"uri":"file:///a","name":"A \"a\""},{"uri":"file:///b"}]})"));
}

TEST_F(InstanceUpwardTest, roots_may_be_asked_of_the_client) {
  config_.roots.from_client = true;
  make("session:1");
  ASSERT_TRUE(ready());
  const auto one = client();
  server_.say(ask("1", "roots/list"));
  ASSERT_TRUE(one->heard("unasked"));
  EXPECT_EQ(observer_.asks, 0);  // it has an instance of its own already
}

TEST_F(InstanceUpwardTest, a_request_on_the_stream_of_a_call_is_for_its_client) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  asked(one, tool_call("1"));
  const auto& of_two = asked(two, tool_call("2"));
  server_.say(of_two, ask("\"q\""));
  ASSERT_TRUE(two->heard("within 2: " + ask("\"q\"")));
  EXPECT_EQ(one->told.size(), 0U);
  EXPECT_EQ(observer_.asks, 1);
  const std::string reply = R"({"jsonrpc":"2.0","id":"q","result":{"action":"accept"}})";
  loop_.on([&] { instance_->reply("\"q\"", reply); });
  ASSERT_TRUE(has_reply(reply));
  loop_.on([&] { instance_->reply("\"q\"", reply); });  // once is enough
  loop_.on([&] { instance_->reply("\"other\"", reply); });
  loop_.settle();
  EXPECT_EQ(replies().size(), 1U);
}

TEST_F(InstanceUpwardTest, a_request_elsewhere_is_for_the_one_who_can_be_meant) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  server_.say(ask("1"));
  ASSERT_TRUE(one->heard("unasked"));  // there is no other
  const auto two = client(2);
  server_.say(ask("2"));
  ASSERT_TRUE(has_reply("2 sessions share this server"));
  asked(two, tool_call("7"));
  server_.say(ask("3"));
  ASSERT_TRUE(two->heard("within 7: " + ask("3")));
  asked(one, tool_call("8"));
  server_.say(ask("4"));
  ASSERT_TRUE(loop_.wait([&] { return replies().size() == 2; }));
  EXPECT_THAT(replies()[1], HasSubstr(R"("id":4,"error")"));
}

TEST_F(InstanceUpwardTest, an_id_that_is_in_use_is_refused) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  server_.say(ask("1"));
  server_.say(ask("1"));
  ASSERT_TRUE(has_reply("this id is in use by another request"));
  EXPECT_EQ(one->told.size(), 1U);
}

TEST_F(InstanceUpwardTest, the_clock_of_a_call_stands_still_while_its_client_is_asked) {
  config_.timeouts.call = base::Millis(100);
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& asking = asked(one, tool_call("1"));
  server_.say(asking, ask("5"));
  server_.say(asking, ask("6"));
  ASSERT_TRUE(loop_.wait([&] { return one->count("within 1") == 2; }));
  asked(one, tool_call("2"));  // begun later, and yet it ends earlier
  ASSERT_TRUE(one->heard("failed 2"));
  loop_.on([&] { instance_->reply("5", mcp::result("5", "{}")); });
  asked(one, tool_call("3"));
  ASSERT_TRUE(one->heard("failed 3"));
  EXPECT_EQ(one->count("failed 1"), 0U);
  loop_.on([&] { instance_->reply("6", mcp::result("6", "{}")); });
  ASSERT_TRUE(one->heard("failed 1: server 's': timeouts.call: "));
}

TEST_F(InstanceUpwardTest, the_clock_goes_on_when_the_server_takes_its_request_back) {
  config_.timeouts.call = base::Millis(100);
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& asking = asked(one, tool_call("1"));
  server_.say(asking, ask("5"));
  ASSERT_TRUE(one->heard("within 1"));
  server_.say(asking, mcp::notification("notifications/cancelled", R"({"requestId":5})"));
  ASSERT_TRUE(one->heard("withdrawn 5"));
  loop_.on([&] { instance_->reply("5", mcp::result("5", "{}")); });
  ASSERT_TRUE(one->heard("failed 1: server 's': timeouts.call: "));
  EXPECT_EQ(replies().size(), 0U);
  server_.say(mcp::notification("notifications/cancelled", R"({"requestId":99})"));
  loop_.settle();
  EXPECT_EQ(one->count("withdrawn"), 1U);
}

TEST_F(InstanceUpwardTest, a_client_that_goes_has_answered_with_an_error) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  server_.say(ask("\"q\""));
  ASSERT_TRUE(one->heard("unasked"));
  loop_.on([&] { instance_->detach(one); });
  ASSERT_TRUE(has_reply(R"("id":"q","error")"));
}

TEST_F(InstanceUpwardTest, what_was_asked_ends_with_the_server) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  server_.say(ask("5"));
  ASSERT_TRUE(one->heard("unasked"));
  loop_.on([&] { instance_->restart(); });
  ASSERT_TRUE(server_.has("notifications/initialized", 2));
  ASSERT_TRUE(loop_.wait([&] { return one->voids == 1; }));
  server_.say(ask("5"));  // the same id, another question
  ASSERT_TRUE(loop_.wait([&] { return one->count("unasked") == 2; }));
  EXPECT_EQ(replies().size(), 0U);
}

TEST_F(InstanceUpwardTest, notifications_go_to_the_call_they_come_with_or_to_all) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client(1);
  const auto two = client(2);
  const auto& of_one = asked(one, tool_call("1"));
  server_.say(of_one, mcp::notification("custom/one"));
  server_.say(mcp::notification("custom/all"));
  ASSERT_TRUE(one->heard("within 1: " + mcp::notification("custom/one")));
  ASSERT_TRUE(one->heard("unasked: " + mcp::notification("custom/all")));
  ASSERT_TRUE(two->heard("unasked: " + mcp::notification("custom/all")));
  EXPECT_EQ(two->told.size(), 1U);
}

TEST_F(InstanceUpwardTest, streams_that_pause_are_told_to_the_client) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& sent = asked(one, tool_call("1"));
  loop_.on([&] {
    sent.exchange->begin_stream(200, "Content-Type: text/event-stream\r\n");
    sent.exchange->write("id: 1\nretry: 40\ndata: \n\n");
    sent.exchange->finish();
  });
  ASSERT_TRUE(one->heard("primed 1"));
  ASSERT_TRUE(one->heard("paused 1 40"));
}

TEST_F(InstanceUpwardTest, an_answer_without_an_id_is_that_of_its_request) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& sent = asked(one, tool_call("1"));
  server_.respond(sent, 400, mcp::error("null", -32600, "malformed"));
  ASSERT_TRUE(one->heard("answer 1"));
  EXPECT_THAT(one->told[0], HasSubstr("malformed"));
}

TEST_F(InstanceUpwardTest, answers_that_nobody_waits_for_are_dropped) {
  make();
  ASSERT_TRUE(ready());
  const auto one = client();
  const auto& sent = asked(one, tool_call("1"));
  for (const std::string_view id : {"99", "\"1\"", "1", "0", "99999999999999999999999"})
    server_.say(sent, mcp::result(id, "{}"));
  server_.say(sent, "nonsense");
  server_.say(sent, mcp::result(sent.id, R"({"real":1})"));
  ASSERT_TRUE(one->heard("answer 1"));
  EXPECT_THAT(one->told[0], HasSubstr("real"));
  EXPECT_EQ(one->told.size(), 1U);
  EXPECT_EQ(observer_.garbage, 1);
  EXPECT_EQ(observer_.states.back(), "ready");
}

}  // namespace
}  // namespace gantry::fabric
