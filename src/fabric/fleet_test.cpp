// Which instance serves whom, limits, and what is learned of servers.
#include "fabric/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "fabric/test_instance.h"

namespace gantry::fabric {
namespace {

using testing::HasSubstr;

struct DeclaredRow {
  config::Share share;
  bool roots_from_client;
  bool fixed_roots;
  std::string_view given;
  std::string_view declared;
};

TEST(Declared, is_what_the_client_said_but_for_roots) {
  using config::Share;
  for (const auto& row : {
           DeclaredRow{Share::kAuto, false, false, "{}", "{}"},
           DeclaredRow{Share::kAuto, false, false, R"({"sampling":{},"roots":{}})",
                       R"({"sampling":{}})"},
           DeclaredRow{Share::kAuto, false, true, "{}", R"({"roots":{}})"},
           DeclaredRow{Share::kAuto, false, true, R"({"roots":{"listChanged":true}})",
                       R"({"roots":{}})"},
           DeclaredRow{Share::kAuto, true, false, R"({"roots":{"listChanged":true}})",
                       R"({"roots":{"listChanged":true}})"},
           DeclaredRow{Share::kAuto, true, true, "{}", "{}"},
           DeclaredRow{Share::kShared, false, false, R"({"sampling":{}})", "{}"},
           DeclaredRow{Share::kShared, false, true, R"({"sampling":{}})", R"({"roots":{}})"},
           DeclaredRow{Share::kSession, false, false, R"({ "b":{}, "a":{} })",
                       R"({"a":{},"b":{}})"},
           DeclaredRow{Share::kAuto, false, false, "nonsense", "{}"},
           DeclaredRow{Share::kAuto, false, false, "[1]", "{}"},
       }) {
    config::Server server;
    server.share = row.share;
    server.roots.from_client = row.roots_from_client;
    if (row.fixed_roots) server.roots.fixed = {{.uri = "file:///", .name = ""}};
    EXPECT_EQ(Fleet::declared(server, std::string(row.given)), row.declared) << row.given;
  }
}

class FleetShareTest : public testing::Test {
 protected:
  ~FleetShareTest() override { close(); }

  void open(FleetLimits limits = {}) {
    runtime::Tools tools;
    tools.offload = &loop_.offload();
    fleet_ = std::make_unique<Fleet>(std::vector<async::Loop*>{&loop_.loop()}, tools, servers_,
                                     limits, folder_.path());
  }
  void close() {
    if (!fleet_) return;
    bool gone = false;
    loop_.on([&] { fleet_->stop([&] { gone = true; }); });
    EXPECT_TRUE(loop_.wait([&] { return gone; }));
    loop_.on([&] { fleet_.reset(); });
  }
  std::shared_ptr<RecordingClient> client() {
    return std::make_shared<RecordingClient>(loop_, ++clients_);
  }
  /// The instance for a client, or null with why() said.
  std::shared_ptr<Instance> acquire(const ClientRef& client, std::string capabilities = "{}",
                                    std::size_t server = 0, bool can_answer = true) {
    std::shared_ptr<Instance> got;
    bool done = false;
    fleet_->acquire({.server = server,
                     .client = client,
                     .capabilities = std::move(capabilities),
                     .client_info = R"({"name":"me","version":"1"})",
                     .can_answer = can_answer},
                    [&](auto given) {
                      done = true;
                      why_ = given ? "" : given.error().text();
                      if (given) got = *given;
                    });
    EXPECT_TRUE(loop_.wait([&] { return done; }));
    return got;
  }
  [[nodiscard]] bool ready(const std::shared_ptr<Instance>& instance) {
    return loop_.wait([&] { return instance->facts().state == State::kReady; });
  }
  [[nodiscard]] std::size_t instances(std::size_t server = 0) const {
    return fleet_->facts(server).instances.size();
  }
  config::Server& add(std::string name) {
    servers_.push_back(server_.config(std::move(name)));
    return servers_.back();
  }

  transport::TestFolder folder_;
  transport::TestLoop loop_;
  McpServer server_{loop_};
  std::vector<config::Server> servers_;
  std::unique_ptr<Fleet> fleet_;
  std::string why_;
  std::uint64_t clients_ = 0;
};

TEST_F(FleetShareTest, clients_that_declared_the_same_share_an_instance) {
  add("s");
  open();
  const auto one = acquire(client(), R"({"sampling":{},"elicitation":{}})");
  const auto same = acquire(client(), R"({ "elicitation": {}, "sampling": {} })");
  const auto other = acquire(client(), "{}");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
  EXPECT_EQ(one->spec().key, R"(class:0:{"elicitation":{},"sampling":{}})");
  EXPECT_EQ(one->spec().class_key, R"({"elicitation":{},"sampling":{}})");
  EXPECT_THAT(one->spec().client_info, HasSubstr(R"("name":"gantry")"));
  EXPECT_FALSE(one->spec().take_turns);
  EXPECT_EQ(instances(), 2U);
  ASSERT_TRUE(loop_.wait([&] { return one->facts().sessions == 2; }));
}

TEST_F(FleetShareTest, share_says_otherwise) {
  add("shared").share = config::Share::kShared;
  add("session").share = config::Share::kSession;
  add("roots").roots.from_client = true;
  open();
  const auto me = client();
  const auto you = client();
  EXPECT_EQ(acquire(me, R"({"sampling":{}})", 0)->spec().key, "shared");
  EXPECT_EQ(acquire(you, "{}", 0)->spec().key, "shared");
  EXPECT_EQ(instances(0), 1U);
  for (const std::size_t server : {1U, 2U}) {
    const auto mine = acquire(me, "{}", server);
    EXPECT_EQ(mine->spec().key, "session:1");
    EXPECT_EQ(mine->spec().client_info, R"({"name":"me","version":"1"})");
    EXPECT_EQ(acquire(you, "{}", server)->spec().key, "session:2");
    EXPECT_EQ(acquire(me, "{}", server), mine);
    EXPECT_EQ(instances(server), 2U);
  }
}

TEST_F(FleetShareTest, a_server_that_asks_gets_an_instance_a_session_from_then_on) {
  add("s");
  open();
  const auto me = client();
  const auto before = acquire(me, R"({"sampling":{}})");
  ASSERT_TRUE(ready(before));
  server_.say(R"({"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}})");
  ASSERT_TRUE(loop_.wait([&] { return fleet_->facts(0).asks_client; }));
  const auto after = acquire(client(), R"({"sampling":{}})");
  EXPECT_EQ(after->spec().key, "session:2");
  // Who cannot answer shares as before.
  EXPECT_EQ(acquire(client(), "{}", 0, false)->spec().key, "class:0:{}");
  // The next run knows.
  ASSERT_TRUE(
      loop_.wait([&] { return base::read_file(folder_.path() / "learned.json").has_value(); }));
  close();
  open();
  EXPECT_TRUE(fleet_->facts(0).asks_client);
}

TEST_F(FleetShareTest, what_was_learned_may_be_damaged) {
  add("s");
  for (const auto* text : {"", "{", "[]", R"({"asks_client":7})", R"({"asks_client":{"x":1}})"}) {
    ASSERT_TRUE(base::write_file(folder_.path() / "learned.json", text));
    open();
    EXPECT_FALSE(fleet_->facts(0).asks_client) << text;
    close();
  }
}

TEST_F(FleetShareTest, an_instance_of_a_session_ends_with_it) {
  add("s").share = config::Share::kSession;
  add("t");
  open();
  const auto me = client();
  auto mine = acquire(me);
  auto everyones = acquire(me, "{}", 1);
  loop_.on([&] {
    fleet_->release(mine, me);
    fleet_->release(everyones, me);
  });
  ASSERT_TRUE(loop_.wait([&] { return instances(0) == 0; }));
  EXPECT_EQ(instances(1), 1U);
}

TEST_F(FleetShareTest, past_the_limit_sessions_take_turns) {
  add("s").share = config::Share::kSession;
  open({.instances = 64, .a_server = 2});
  const auto first = acquire(client());
  const auto second = acquire(client());
  const auto third = acquire(client());
  ASSERT_NE(third, nullptr) << why_;
  EXPECT_EQ(first->spec().key, "session:1");
  EXPECT_EQ(second->spec().key, "turns");
  EXPECT_TRUE(second->spec().take_turns);
  EXPECT_EQ(third, second);
  EXPECT_EQ(instances(), 2U);
}

TEST_F(FleetShareTest, an_idle_instance_makes_room) {
  add("s");
  add("t");
  open({.instances = 64, .a_server = 2});
  const auto me = client();
  auto idle = acquire(me, R"({"a":{}})");
  auto of_another_server = acquire(me, "{}", 1);
  loop_.on([&] {
    fleet_->release(idle, me);
    fleet_->release(of_another_server, me);
  });
  const auto turns = acquire(client(), R"({"b":{}})");
  EXPECT_EQ(turns->spec().key, "turns");
  EXPECT_EQ(instances(), 2U);
  const auto own = acquire(client(), R"({"c":{}})");  // the idle one's place
  EXPECT_EQ(own, turns);
  EXPECT_EQ(fleet_->facts(0).instances.size(), 1U);
  EXPECT_EQ(instances(1), 1U);  // ending it would have made no room here
}

TEST_F(FleetShareTest, where_no_room_can_be_made_the_limit_is_named) {
  add("s");
  add("t");
  open({.instances = 2, .a_server = 32});
  const auto me = client();
  ASSERT_NE(acquire(me), nullptr);
  ASSERT_NE(acquire(me, "{}", 1), nullptr);
  EXPECT_EQ(acquire(client(), R"({"x":{}})"), nullptr);
  EXPECT_THAT(why_, HasSubstr("limits.instances"));
  EXPECT_THAT(why_, HasSubstr("'s'"));
}

TEST_F(FleetShareTest, a_broken_server_is_named_and_none_is_started_at_the_end) {
  add("s").broken = base::fail(base::Code::kInvalid, "${KEY} is not set").error();
  add("t");
  open();
  loop_.on([&] { fleet_->start(); });
  EXPECT_EQ(acquire(client()), nullptr);
  EXPECT_EQ(why_, "server 's': ${KEY} is not set");
  EXPECT_TRUE(fleet_->settled(0));
  EXPECT_TRUE(fleet_->failing(0));
  bool gone = false;
  loop_.on([&] { fleet_->stop([&] { gone = true; }); });
  ASSERT_TRUE(loop_.wait([&] { return gone; }));
  EXPECT_EQ(acquire(client(), "{}", 1), nullptr);
  EXPECT_EQ(why_, "the gateway is stopping");
}

TEST_F(FleetShareTest, lists_are_learned_once_and_known_in_the_next_run) {
  server_.initialize = R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}}})";
  server_.results["tools/list"] = R"({"tools":[{"name":"a"}]})";
  add("s");
  open();
  EXPECT_FALSE(fleet_->settled(0));
  loop_.on([&] { fleet_->start(); });
  ASSERT_TRUE(loop_.wait([&] { return fleet_->settled(0); }));
  EXPECT_EQ(fleet_->lists(0, "{}")->tools.size(), 1U);
  EXPECT_TRUE(fleet_->has_lists_of(0, "{}"));
  EXPECT_FALSE(fleet_->has_lists_of(0, R"({"sampling":{}})"));
  EXPECT_EQ(fleet_->lists(0, R"({"sampling":{}})"), fleet_->lists(0, "{}"));  // the last known
  ASSERT_TRUE(
      loop_.wait([&] { return load(folder_.path() / "lists", "s", "print of s") != nullptr; }));
  close();
  open();
  EXPECT_TRUE(fleet_->settled(0));
  EXPECT_TRUE(fleet_->lists(0, "{}")->stored);
  loop_.on([&] { fleet_->start(); });
  loop_.settle();
  EXPECT_EQ(instances(), 0U);  // lazy: not before somebody asks
  EXPECT_EQ(server_.of("initialize").size(), 1U);
}

TEST_F(FleetShareTest, a_failure_is_told_until_the_server_is_up_again) {
  add("s");
  server_.go_away();
  open();
  loop_.on([&] { fleet_->start(); });
  ASSERT_TRUE(loop_.wait([&] { return fleet_->failing(0); }));
  EXPECT_THAT(fleet_->facts(0).cause, HasSubstr("127.0.0.1"));
  EXPECT_TRUE(fleet_->facts(0).next_try.has_value());
  server_.come_back();
  ASSERT_TRUE(loop_.wait([&] { return fleet_->facts(0).state == State::kReady; }));
  EXPECT_FALSE(fleet_->failing(0));
  EXPECT_FALSE(fleet_->facts(0).next_try.has_value());
}

}  // namespace
}  // namespace gantry::fabric
