// What clients see: names, rules, templates, and the merged lists.
#include "gateway/view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/test_fleet.h"

namespace gantry::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct NameRow {
  std::string_view server;
  std::string name;
  std::size_t most;
  std::string merged;
};

TEST(MergedName, is_the_same_on_every_machine) {
  const auto x = [](std::size_t count) { return std::string(count, 'x'); };
  for (const auto& row : {
           NameRow{"files", "read", 48, "files__read"},
           NameRow{"files", "read_file-2", 48, "files__read_file-2"},
           NameRow{"files", "read.file", 48, "files__read_file_b44bad66"},
           NameRow{"s", "a b", 48, "s__a_b_d9335809"},
           NameRow{"s", "\u00e4", 48, "s_____370c8e4f"},
           NameRow{"s", "", 48, "s__"},
           NameRow{"files", x(41), 48, "files__" + x(41)},
           NameRow{"files", x(42), 48, "files__" + x(32) + "_8327e326"},
           NameRow{"files", x(42) + "y", 48, "files__" + x(32) + "_d6caee8d"},
           NameRow{"files", "read", 11, "files__read"},
           NameRow{"files", "read", 10, "f_78bbe25e"},
           NameRow{"files", "read", 9, "_78bbe25e"},
           NameRow{"files", "read", 0, "_78bbe25e"},
       }) {
    EXPECT_EQ(merged_name(row.server, row.name, row.most), row.merged);
  }
}

struct RulesRow {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::string_view tool;
  bool allowed;
};

TEST(ToolRules, allow_and_deny_by_name) {
  for (const auto& row : {
           RulesRow{{}, {}, "read", true},
           RulesRow{{"read"}, {}, "read", true},
           RulesRow{{"read"}, {}, "Read", false},
           RulesRow{{"read"}, {}, "read2", false},
           RulesRow{{"read", "write"}, {}, "write", true},
           RulesRow{{"read*"}, {}, "read", true},
           RulesRow{{"read*"}, {}, "read_all", true},
           RulesRow{{"read*"}, {}, "rea", false},
           RulesRow{{"*"}, {}, "", true},
           RulesRow{{"**"}, {}, "x", true},
           RulesRow{{""}, {}, "", true},
           RulesRow{{""}, {}, "x", false},
           RulesRow{{"*_file"}, {}, "read_file", true},
           RulesRow{{"*_file"}, {}, "read_files", false},
           RulesRow{{"a*b*c"}, {}, "abc", true},
           RulesRow{{"a*b*c"}, {}, "a-b-b-c", true},
           RulesRow{{"a*b*c"}, {}, "acb", false},
           RulesRow{{"*ab"}, {}, "aab", true},
           RulesRow{{"*aba"}, {}, "ababa", true},
           RulesRow{{"a.c"}, {}, "abc", false},
           RulesRow{{"a?c"}, {}, "abc", false},
           RulesRow{{}, {"delete*"}, "delete_all", false},
           RulesRow{{}, {"delete*"}, "read", true},
           RulesRow{{"*"}, {"delete*"}, "delete", false},
       }) {
    EXPECT_EQ(allowed({.allow = row.allow, .deny = row.deny, .rename = {}}, row.tool), row.allowed)
        << row.tool;
  }
}

struct TemplateRow {
  std::string_view pattern;
  std::string_view uri;
  bool matches;
};

TEST(Template, matches_what_can_come_of_it) {
  for (const auto& row : {
           TemplateRow{"file:///a", "file:///a", true},
           TemplateRow{"file:///a", "file:///ab", false},
           TemplateRow{"", "", true},
           TemplateRow{"", "x", false},
           TemplateRow{"file:///{path}", "file:///a", true},
           TemplateRow{"file:///{path}", "file:///", true},
           TemplateRow{"file:///{path}", "file:///a/b", false},
           TemplateRow{"file:///{+path}", "file:///a/b", true},
           TemplateRow{"file://{/a,b}", "file:///a/b", true},
           TemplateRow{"x:{#part}", "x:#a/b", true},
           TemplateRow{"x:{?q}", "x:?q=a/b", true},
           TemplateRow{"x:{&q}", "x:&q=a", true},
           TemplateRow{"x:{.ext}", "x:.tar/gz", true},
           TemplateRow{"x:{;p}", "x:;p=1", true},
           TemplateRow{"{scheme}:x", "file:x", true},
           TemplateRow{"db://{table}/rows/{id}", "db://users/rows/7", true},
           TemplateRow{"db://{table}/rows/{id}", "db://users/rows/7/8", false},
           TemplateRow{"db://{table}/rows/{id}", "db://a/b/rows/7", false},
           TemplateRow{"db://{table}/rows/{id}", "db://users/columns/7", false},
           TemplateRow{"db://{table}/rows/{id}.json", "db://u/rows/a.json.json", true},
           TemplateRow{"{a}{b}", "xy", true},
           TemplateRow{"{a}/{b}", "x/y", true},
           TemplateRow{"{a}/{b}", "x", false},
           TemplateRow{"x{", "x{", true},
           TemplateRow{"x{a", "x1", false},
           TemplateRow{"x{a}y{b", "x1y{b", true},
           TemplateRow{"x{}y", "xa/by", true},
           TemplateRow{"x}y", "x}y", true},
       }) {
    EXPECT_EQ(matches_template(row.uri, row.pattern), row.matches)
        << row.pattern << " and " << row.uri;
  }
}

TEST(Patterns, are_matched_in_bounded_time) {
  // Each would take longer than the universe has, tried out part by part.
  std::string glob;
  std::string simple;
  std::string reserved;
  for (int at = 0; at < 20; ++at) {
    glob += "*a";
    simple += "a{v}";
    reserved += "a{+v}";
  }
  const std::string text(20'000, 'a');
  const auto begun = base::Clock::now();
  EXPECT_FALSE(allowed({.allow = {glob + "*b"}, .deny = {}, .rename = {}}, text));
  EXPECT_TRUE(allowed({.allow = {glob + "*"}, .deny = {}, .rename = {}}, text));
  EXPECT_FALSE(matches_template(text, simple + "b"));
  EXPECT_FALSE(matches_template(text, reserved + "b"));
  EXPECT_TRUE(matches_template(text, simple));
  EXPECT_TRUE(matches_template(text + "/b", reserved));
  EXPECT_LT(base::Clock::now() - begun, std::chrono::seconds(20));
}

TEST(Endpoints, are_the_whole_each_server_and_each_profile) {
  config::Config config;
  config.servers.resize(2);
  config.servers[0].name = "a";
  config.servers[1].name = "b";
  config.profiles = {{.name = "p", .servers = {"b", "a"}}};
  std::string told;
  for (const auto& one : endpoints(config)) {
    told += one.path + (one.merged ? " merged" : " plain");
    for (const auto server : one.servers) told += fmt::format(" {}", server);
    told += "\n";
  }
  EXPECT_EQ(told,
            "/mcp merged 0 1\n/servers/a/mcp plain 0\n/servers/b/mcp plain 1\n"
            "/profiles/p/mcp merged 1 0\n");
}

class ViewTest : public FleetTest {
 protected:
  SnapshotRef view() {
    Endpoint endpoint{.path = "/mcp", .merged = true, .servers = {}};
    for (std::size_t at = 0; at < servers_.size(); ++at) endpoint.servers.push_back(at);
    return build(endpoint, *fleet_, "{}", 48);
  }
};

TEST_F(ViewTest, names_are_those_of_the_server_and_the_tool) {
  add("one", R"({"tools":[{"name":"a","x":1e400},{"name":"b"}],"prompts":[{"name":"a"}]})");
  add("two", R"({"tools":[{"description":"d","name":"a"}]})");
  open();
  const auto made = view();
  EXPECT_EQ(made->lists[0], R"([{"name":"one__a","x":1e400},{"name":"one__b"},)"
                            R"({"description":"d","name":"two__a"}])");
  EXPECT_EQ(made->lists[1], R"([{"name":"one__a"}])");
  EXPECT_EQ(made->lists[2], "[]");
  EXPECT_EQ(made->tools.at("two__a").server, 1U);
  EXPECT_EQ(made->tools.at("two__a").name, R"("a")");
  EXPECT_EQ(made->prompts.at("one__a").server, 0U);
  EXPECT_EQ(made->missing.size(), 0U);
}

TEST_F(ViewTest, rules_and_renames_hold_for_tools_alone) {
  auto& server = add("s", R"({"tools":[{"name":"a"},{"name":"b"},{"name":"c"}],)"
                          R"("prompts":[{"name":"b"},{"name":"a"}]})");
  server.tools = {.allow = {}, .deny = {"b"}, .rename = {{"a", "alpha"}, {"b", "beta"}}};
  open();
  const auto made = view();
  EXPECT_EQ(made->lists[0], R"([{"name":"alpha"},{"name":"s__c"}])");
  EXPECT_EQ(made->lists[1], R"([{"name":"s__b"},{"name":"s__a"}])");
  EXPECT_EQ(made->tools.at("alpha").name, R"("a")");
  EXPECT_FALSE(made->tools.contains("s__a"));
}

TEST_F(ViewTest, a_name_that_is_taken_is_told_and_left_out) {
  add("one", R"({"tools":[{"name":"a"},{"name":"a","again":1}]})");
  auto& two = add("two", R"({"tools":[{"name":"x"}]})");
  two.tools.rename = {{"x", "one__a"}};
  open();
  const auto made = view();
  EXPECT_EQ(made->lists[0], R"([{"name":"one__a"}])");
  ASSERT_EQ(made->conflicts.size(), 2U);
  EXPECT_EQ(made->conflicts[1].server, "two");
  EXPECT_EQ(made->conflicts[1].cause, "one__a");
}

TEST_F(ViewTest, uris_stay_but_where_two_servers_offer_the_same) {
  add("one", R"({"resources":[{"uri":"u:a b","name":"1"}],)"
             R"("resourceTemplates":[{"uriTemplate":"u:{x}"}]})");
  add("two", R"({"resources":[{"uri":"u:a b","name":"2"},{"uri":"u:c"},{"uri":"u:a b"}]})");
  open();
  const auto made = view();
  EXPECT_THAT(made->lists[2],
              testing::StartsWith(R"([{"uri":"u:a b","name":"1"},)"
                                  R"({"uri":"gantry://two/u%3Aa%20b","name":"2"},{"uri":"u:c"})"));
  EXPECT_EQ(made->lists[3], R"([{"uriTemplate":"u:{x}"}])");
  EXPECT_EQ(made->resources.at("u:a b").server, 0U);
  EXPECT_EQ(made->resources.at("gantry://two/u%3Aa%20b").server, 1U);
  EXPECT_EQ(made->resources.at("gantry://two/u%3Aa%20b").name, R"("u:a b")");
  EXPECT_EQ(made->seen_uris.at({1, "u:a b"}), "gantry://two/u%3Aa%20b");
  EXPECT_EQ(made->conflicts.at(0).cause, "u:a b");
  EXPECT_EQ(made->templates.at(0).name, R"("u:{x}")");
}

TEST_F(ViewTest, capabilities_are_those_of_any_server) {
  add("one", "{}",
      R"({"capabilities":{"tools":{},"logging":{},"tasks":{"list":{}}},"instructions":"Do."})");
  add("two", "{}",
      R"({"capabilities":{"resources":{"subscribe":true},"tasks":{"cancel":{}}},)"
      R"("instructions":"Or not."})");
  open();
  const auto made = view();
  EXPECT_EQ(made->capabilities,
            R"({"logging":{},"resources":{"listChanged":true,"subscribe":true},)"
            R"("tasks":{"cancel":{},"list":{}},"tools":{"listChanged":true}})");
  EXPECT_EQ(made->instructions, "# one\nDo.\n\n# two\nOr not.\n");
}

TEST_F(ViewTest, what_a_server_says_of_itself_may_be_anything) {
  for (const auto* initialize :
       {R"({"capabilities":7})", R"({"capabilities":{"resources":{"subscribe":"yes"}}})",
        R"({"capabilities":{"resources":7,"tools":null,"tasks":[1]}})", R"({"instructions":{}})",
        R"({"capabilities":{"resources":{"subscribe":1}}})"}) {
    add(fmt::format("s{}", servers_.size()), R"({"tools":[{"name":"a"}]})", initialize);
  }
  open();
  const auto made = view();
  EXPECT_EQ(made->tools.size(), 5U);
  EXPECT_EQ(made->capabilities,
            R"({"resources":{"listChanged":true},"tools":{"listChanged":true}})");
  EXPECT_EQ(made->instructions, "");
}

TEST_F(ViewTest, what_is_missing_is_said) {
  add("known", R"({"tools":[{"name":"a"}]})");
  servers_.emplace_back().name = "new";
  auto& broken = servers_.emplace_back();
  broken.name = "broken";
  broken.broken = base::fail(base::Code::kInvalid, "${KEY} is not set").error();
  open();
  auto made = view();
  ASSERT_EQ(made->missing.size(), 2U);
  EXPECT_EQ(made->missing[0].server, "new");
  EXPECT_EQ(made->missing[0].cause, "it is still starting");
  EXPECT_EQ(made->missing[1].server, "broken");
  EXPECT_TRUE(made->waiting);
  EXPECT_THAT(made->unknown, ElementsAre(0U, 1U));  // stored lists are not of this run
}

}  // namespace
}  // namespace gantry::gateway
