#include "document/read.h"

#include <gtest/gtest.h>

#include "document/text.h"

namespace gantry::document {
namespace {

TEST(Read, PicksTheFormat) {
  struct Case {
    std::string text;
    std::string name;
    Format format;
  };
  const std::vector<Case> cases = {
      {"{\"a\": 1}", "a.json", Format::kJson},
      {" \n// comment\n/* more */ {\"a\": 1}", "settings", Format::kJson},
      {"\xEF\xBB\xBF{\"a\": 1}", "a.json", Format::kJson},
      {"{\"a\": 1}", "gantry.yaml", Format::kYaml},
      {"{\"a\": 1}", "GANTRY.YML", Format::kYaml},
      {"a: 1", "a.json", Format::kYaml},
      {"\xEF\xBB\xBF"
       "a: 1",
       "gantry.yaml", Format::kYaml},
      {"# comment\n{a: 1}", "gantry", Format::kYaml},
      {"", "a.json", Format::kYaml},
  };
  for (const auto& each : cases) {
    const auto document = read(each.text, each.name);
    ASSERT_TRUE(document) << each.text << ": " << document.error().message;
    EXPECT_EQ(document->format, each.format) << each.text;
    if (!each.text.empty()) EXPECT_EQ(document->root.entries.at(0).key, "a") << each.text;
  }
}

TEST(Read, RefusesWhatIsNotUtf8) {
  struct Case {
    std::string text;
    Mark mark;
  };
  const std::vector<Case> cases = {
      {"a: \xff", {1, 4}},
      {"a: 1\nb: \xC3", {2, 4}},
      {"{\"\xC0\x80\": 1}", {1, 3}},
      {"a: \xED\xA0\x80", {1, 4}},
      {"a: \xF4\x90\x80\x80", {1, 4}},
      {"a: \xE0\x80\x80", {1, 4}},
      {"a: \xF0\x80\x80\x80", {1, 4}},
      {"\xC3\xA9: \x80", {1, 4}},
  };
  for (const auto& each : cases) {
    const auto document = read(each.text, "gantry.yaml");
    ASSERT_FALSE(document) << each.text;
    EXPECT_EQ(document.error().message, "not UTF-8");
    EXPECT_EQ(document.error().mark, each.mark) << each.text;
  }
}

TEST(Text, FindsPlacesAndLines) {
  const std::string_view text = "a\xC3\xA9z\n\nlast";
  EXPECT_EQ(mark_at(text, 0), (Mark{1, 1}));
  EXPECT_EQ(mark_at(text, 3), (Mark{1, 3}));
  EXPECT_EQ(mark_at(text, 5), (Mark{2, 1}));
  EXPECT_EQ(mark_at(text, text.size()), (Mark{3, 5}));
  EXPECT_EQ(line_at(text, 1), "a\xC3\xA9z");
  EXPECT_EQ(line_at(text, 2), "");
  EXPECT_EQ(line_at(text, 3), "last");
  EXPECT_EQ(line_at(text, 4), "");
}

TEST(Node, TellsItsKind) {
  EXPECT_EQ(read_yaml("True")->boolean(), true);
  EXPECT_EQ(read_yaml("false")->boolean(), false);
  EXPECT_EQ(read_yaml("'true'")->boolean(), std::nullopt);
  EXPECT_TRUE(read_yaml("5")->is_scalar());
  EXPECT_FALSE(read_yaml("[]")->is_scalar());
  EXPECT_FALSE(read_yaml("~")->is_scalar());
  EXPECT_EQ(kind_name(Kind::kSequence), "a list");
}

}  // namespace
}  // namespace gantry::document
