// The life of an instance: handshake, lists, calls that wait, restart, lost sessions, the end.
#include "fabric/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/test_instance.h"

namespace gantry::fabric {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class InstanceLifeTest : public InstanceTest {
 protected:
  /// The calls of a tool that came in one session.
  [[nodiscard]] std::vector<const McpServer::Seen*> sent_in(std::string_view session) const {
    auto calls = server_.of("tools/call");
    std::erase_if(calls, [&](const auto* one) { return one->session != session; });
    return calls;
  }
};

TEST_F(InstanceLifeTest, shakes_hands_in_the_name_of_its_clients) {
  make();
  ASSERT_TRUE(ready());
  ASSERT_TRUE(server_.has("notifications/initialized"));
  const auto& hello = *server_.of("initialize").at(0);
  EXPECT_EQ(hello.id, "1");
  EXPECT_EQ(hello.part(&mcp::Envelope::protocol_version), R"("2025-11-25")");
  EXPECT_EQ(hello.part(&mcp::Envelope::capabilities), R"({"sampling":{}})");
  EXPECT_EQ(hello.part(&mcp::Envelope::client_info), R"({"name":"c","version":"2"})");
  EXPECT_THAT(observer_.states, ElementsAre("starting", "ready"));
}

TEST_F(InstanceLifeTest, lets_calls_wait_until_it_is_ready) {
  server_.hold_initialize = true;
  make();
  const auto one = client();
  call(one, tool_call("\"a\""));  // a call starts it
  call(one, tool_call("\"b\""));
  ASSERT_TRUE(server_.has("initialize"));
  loop_.settle();
  EXPECT_EQ(server_.seen.size(), 1U);
  server_.results["tools/call"] = "{}";
  server_.welcome(server_.seen[0]);
  ASSERT_TRUE(one->heard("answer \"a\""));
  ASSERT_TRUE(one->heard("answer \"b\""));
  EXPECT_EQ(one->told.size(), 2U);
}

TEST_F(InstanceLifeTest, tells_who_waits_what_the_server_said) {
  make();
  const auto one = client();
  std::vector<std::string> said;
  const auto keep = [&](base::Result<std::string> got) {
    said.push_back(got ? *got : "error: " + got.error().text());
  };
  instance_->when_ready(one, keep);
  ASSERT_TRUE(loop_.wait([&] { return said.size() == 1; }));
  instance_->when_ready(one, keep);
  ASSERT_TRUE(loop_.wait([&] { return said.size() == 2; }));
  EXPECT_THAT(said, ElementsAre(server_.initialize, server_.initialize));
}

struct RefusalRow {
  std::string_view initialize;
  std::string_view cause;
};

TEST_F(InstanceLifeTest, fails_where_the_handshake_does) {
  for (const auto& row : {
           RefusalRow{R"({"protocolVersion":"1999-01-01"})",
                      "it speaks revision '1999-01-01', which is not known here"},
           RefusalRow{R"({"protocolVersion":7})", "which is not known here"},
           RefusalRow{R"({})", "it speaks revision '', which is not known here"},
       }) {
    server_.initialize = row.initialize;
    make();
    const auto one = client();
    call(one, tool_call("7"));
    ASSERT_TRUE(one->heard("failed 7: server 's': "));
    EXPECT_THAT(one->told[0], HasSubstr(std::string(row.cause)));
    end();
  }
}

TEST_F(InstanceLifeTest, tells_why_the_server_refused) {
  server_.hold_initialize = true;
  make();
  const auto one = client();
  call(one, tool_call("7"));
  ASSERT_TRUE(server_.has("initialize"));
  server_.respond(server_.seen[0], 200, mcp::error("1", -32602, "not today"));
  ASSERT_TRUE(one->heard("failed 7"));
  EXPECT_THAT(one->told[0], HasSubstr("server 's': it refuses initialize: not today"));
}

TEST_F(InstanceLifeTest, gives_up_on_a_server_that_does_not_answer) {
  server_.hold_initialize = true;
  config_.timeouts.start = base::Millis(50);
  make();
  const auto one = client();
  call(one, tool_call("7"));
  ASSERT_TRUE(one->heard("failed 7: server 's': it did not answer initialize within 50ms"));
}

TEST_F(InstanceLifeTest, tries_again_after_a_failure) {
  server_.go_away();
  make();
  const auto one = client();
  call(one, tool_call("7"));
  ASSERT_TRUE(one->heard("failed 7: server 's': "));
  server_.come_back();
  ASSERT_TRUE(loop_.wait([&] { return instance_->facts().state == State::kReady; }));
  EXPECT_GE(instance_->facts().restarts.load(), 1U);
  EXPECT_EQ(observer_.states.front(), "starting");
  EXPECT_EQ(observer_.states.back(), "ready");
  EXPECT_THAT(observer_.states, testing::Contains("failed"));
}

TEST_F(InstanceLifeTest, does_not_start_what_is_broken) {
  config_.broken = base::fail(base::Code::kInvalid, "${KEY} is not set").error();
  make();
  const auto one = client();
  call(one, tool_call("7"));
  ASSERT_TRUE(one->heard("failed 7: server 's': ${KEY} is not set"));
  EXPECT_EQ(server_.seen.size(), 0U);
}

TEST_F(InstanceLifeTest, reads_all_lists_page_after_page) {
  server_.initialize =
      R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{},"resources":{}}})";
  make();
  loop_.on([&] { instance_->start(); });
  ASSERT_TRUE(server_.has("tools/list"));
  EXPECT_EQ(server_.of("tools/list")[0]->part(&mcp::Envelope::params), "{}");
  server_.answer(*server_.of("tools/list")[0], R"({"tools":[{"name":"a"}],"nextCursor":"p\"2"})");
  ASSERT_TRUE(server_.has("tools/list", 2));
  EXPECT_EQ(server_.of("tools/list")[1]->part(&mcp::Envelope::cursor), R"("p\"2")");
  server_.answer(*server_.of("tools/list")[1], R"({"tools":[{"name":"b"}],"nextCursor":"p\"2"})");
  ASSERT_TRUE(server_.has("resources/list"));  // the same cursor again ends a list
  server_.answer(*server_.of("resources/list")[0], R"({"resources":[{"uri":"u:1","name":"r"}]})");
  ASSERT_TRUE(server_.has("resources/templates/list"));
  const auto& templates = *server_.of("resources/templates/list")[0];
  server_.respond(templates, 200, mcp::error(templates.id, -32601, "Method not found"));
  ASSERT_TRUE(loop_.wait([&] { return !observer_.lists.empty(); }));
  const auto& lists = *observer_.lists[0];
  ASSERT_EQ(lists.tools.size(), 2U);
  EXPECT_EQ(lists.tools[1].raw, R"({"name":"b"})");
  EXPECT_EQ(lists.resources.at(0).key, "u:1");
  EXPECT_EQ(lists.failure, "");
  EXPECT_FALSE(lists.stored);
  EXPECT_EQ(lists.initialize, server_.initialize);
  EXPECT_EQ(server_.of("prompts/list").size(), 0U);
}

TEST_F(InstanceLifeTest, tells_which_list_failed) {
  server_.initialize =
      R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{},"prompts":{}}})";
  server_.results["prompts/list"] = R"({"prompts":[{"name":"p"}]})";
  make();
  loop_.on([&] { instance_->start(); });
  ASSERT_TRUE(server_.has("tools/list"));
  const auto& asked = *server_.of("tools/list")[0];
  server_.respond(asked, 200, mcp::error(asked.id, -32000, "no database"));
  ASSERT_TRUE(loop_.wait([&] { return !observer_.lists.empty(); }));
  EXPECT_EQ(observer_.lists[0]->failure, "tools/list: no database");
  EXPECT_EQ(observer_.lists[0]->prompts.size(), 1U);
}

TEST_F(InstanceLifeTest, reads_its_lists_anew_when_they_changed) {
  server_.initialize = R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}}})";
  make();
  const auto one = client();
  loop_.on([&] { instance_->start(); });
  ASSERT_TRUE(server_.has("tools/list"));
  // While they are read: once more afterwards, however often it is said.
  const auto changed = mcp::notification("notifications/tools/list_changed");
  server_.say(changed);
  server_.say(changed);
  ASSERT_TRUE(loop_.wait([&] { return one->count("unasked") == 2; }));
  EXPECT_EQ(server_.of("tools/list").size(), 1U);
  server_.answer(*server_.of("tools/list")[0], R"({"tools":[]})");
  ASSERT_TRUE(server_.has("tools/list", 2));
  server_.answer(*server_.of("tools/list")[1], R"({"tools":[{"name":"new"}]})");
  ASSERT_TRUE(loop_.wait([&] { return observer_.lists.size() == 2; }));
  EXPECT_EQ(observer_.lists[1]->tools.size(), 1U);
  EXPECT_EQ(observer_.lists[1]->announced[0], 2U);
  EXPECT_EQ(server_.of("tools/list").size(), 2U);
}

TEST_F(InstanceLifeTest, begins_a_lost_session_anew_and_asks_again) {
  server_.sessions = true;
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  call(one, tool_call("1"));
  ASSERT_TRUE(server_.has("tools/call"));
  server_.answer(*server_.of("tools/call")[0], "{}");
  ASSERT_TRUE(one->heard("answer 1"));
  server_.forget_sessions();
  call(one, tool_call("2"));
  call(one, tool_call("3"));
  ASSERT_TRUE(loop_.wait([&] { return sent_in("session-2").size() == 2; }));
  EXPECT_EQ(server_.of("initialize").size(), 2U);
  for (const auto* again : sent_in("session-2")) server_.answer(*again, R"({"n":2})");
  ASSERT_TRUE(one->heard("answer 2"));
  ASSERT_TRUE(one->heard("answer 3"));
  EXPECT_EQ(one->told.size(), 3U);
  EXPECT_THAT(observer_.states, ElementsAre("starting", "ready", "starting", "ready"));
}

TEST_F(InstanceLifeTest, asks_once_again_and_no_more) {
  server_.sessions = true;
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  server_.forget_sessions();
  call(one, tool_call("1"));
  ASSERT_TRUE(loop_.wait([&] { return sent_in("session-2").size() == 1; }));
  server_.respond(*sent_in("session-2")[0], 404, "");
  ASSERT_TRUE(one->heard("failed 1: server 's': it lost its session twice"));
  EXPECT_EQ(one->told.size(), 1U);
}

TEST_F(InstanceLifeTest, sets_what_clients_had_set_on_a_new_session) {
  server_.sessions = true;
  server_.initialize =
      R"({"protocolVersion":"2025-11-25","capabilities":{"logging":{},"resources":{}}})";
  server_.results = {{"resources/subscribe", "{}"},
                     {"logging/setLevel", "{}"},
                     {"resources/list", R"({"resources":[]})"},
                     {"resources/templates/list", R"({"resourceTemplates":[]})"},
                     {"ping", "{}"}};
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  call(one, R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"u:\"1"}})");
  call(one, R"({"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"alert"}})");
  ASSERT_TRUE(one->heard("answer 1"));
  ASSERT_TRUE(one->heard("answer 2"));
  server_.forget_sessions();
  call(one, R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
  ASSERT_TRUE(one->heard("answer 3"));
  ASSERT_TRUE(server_.has("resources/subscribe", 2));
  ASSERT_TRUE(server_.has("logging/setLevel", 2));
  EXPECT_EQ(server_.of("resources/subscribe")[1]->part(&mcp::Envelope::uri), R"("u:\"1")");
  EXPECT_EQ(server_.of("logging/setLevel")[1]->part(&mcp::Envelope::level), R"("alert")");
}

TEST_F(InstanceLifeTest, answers_all_when_it_is_stopped_and_can_be_used_again) {
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  call(one, tool_call("1"));
  ASSERT_TRUE(server_.has("tools/call"));
  bool stopped = false;
  loop_.on([&] { instance_->stop([&] { stopped = true; }); });
  ASSERT_TRUE(loop_.wait([&] { return stopped; }));
  EXPECT_THAT(one->told, ElementsAre("failed 1: server 's': it was stopped"));
  EXPECT_EQ(instance_->facts().state.load(), State::kIdle);
  call(one, tool_call("2"));
  ASSERT_TRUE(server_.has("tools/call", 2));
  server_.answer(*server_.of("tools/call")[1], "{}");
  ASSERT_TRUE(one->heard("answer 2"));
}

TEST_F(InstanceLifeTest, lets_calls_wait_for_a_restart) {
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  server_.results["tools/call"] = R"({"after":1})";
  loop_.on([&] { instance_->restart(); });
  call(one, tool_call("1"));
  ASSERT_TRUE(one->heard("answer 1"));
  EXPECT_EQ(server_.of("initialize").size(), 2U);
  EXPECT_EQ(instance_->facts().restarts.load(), 1U);
}

TEST_F(InstanceLifeTest, stops_when_nobody_used_it_for_long) {
  config_.idle_stop = base::Millis(50);
  make();
  const auto one = client();
  ASSERT_TRUE(ready());
  ASSERT_TRUE(loop_.wait([&] { return instance_->facts().state == State::kIdle; }));
  server_.results["tools/call"] = "{}";
  call(one, tool_call("1"));
  ASSERT_TRUE(one->heard("answer 1"));
}

}  // namespace
}  // namespace gantry::fabric
