#include <gtest/gtest.h>

#include "document/read.h"

namespace gantry::document {
namespace {

TEST(ReadYaml, UsesTheCoreSchemaOfYaml12) {
  const std::vector<std::pair<std::string, Kind>> cases = {
      {"on", Kind::kString},    {"off", Kind::kString},      {"yes", Kind::kString},
      {"no", Kind::kString},    {"y", Kind::kString},        {"true", Kind::kBool},
      {"False", Kind::kBool},   {"tRUE", Kind::kString},     {"null", Kind::kNull},
      {"~", Kind::kNull},       {"", Kind::kNull},           {"10", Kind::kNumber},
      {"-3", Kind::kNumber},    {"0o17", Kind::kNumber},     {"0x1F", Kind::kNumber},
      {"0x", Kind::kString},    {"017", Kind::kNumber},      {"1.5", Kind::kNumber},
      {".5", Kind::kNumber},    {"1.", Kind::kNumber},       {"1e3", Kind::kNumber},
      {"1e", Kind::kString},    {".", Kind::kString},        {"+.inf", Kind::kNumber},
      {".nan", Kind::kNumber},  {"-.nan", Kind::kString},    {"12:30:45", Kind::kString},
      {"1_000", Kind::kString}, {"4MiB", Kind::kString},     {"2001-01-01", Kind::kString},
      {"'5'", Kind::kString},   {"\"true\"", Kind::kString}, {"!!str 5", Kind::kString},
      {"! 5", Kind::kString},   {"!!int 5", Kind::kNumber},
  };
  for (const auto& [text, kind] : cases) {
    const auto read = read_yaml("k: " + text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_EQ(read->entries[0].value.kind, kind) << text;
  }
}

TEST(ReadYaml, KeepsPlacesAndText) {
  const auto read = read_yaml("a: 1\nb:\n  - \"x\\ty\"\n  - |\n    block\n\xC3\xA9: {c: [0x1F]}\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->entries[0].mark, (Mark{1, 1}));
  EXPECT_EQ(read->entries[0].value.mark, (Mark{1, 4}));
  const auto& items = read->find("b")->items;
  EXPECT_EQ(items[0].mark, (Mark{3, 5}));
  EXPECT_EQ(items[0].text, "x\ty");
  EXPECT_TRUE(items[0].quoted);
  EXPECT_EQ(items[1].text, "block\n");
  EXPECT_TRUE(items[1].quoted);
  EXPECT_EQ(read->entries[2].value.entries[0].mark, (Mark{6, 5}));
  EXPECT_EQ(read->entries[2].value.find("c")->items[0].text, "0x1F");
}

struct BadCase {
  std::string text;
  Mark mark;
  std::string message;
  std::string hint;
};

TEST(ReadYaml, RefusesWithThePlace) {
  const std::vector<BadCase> cases = {
      {"a: 1\nb: 2\na: 3\n", {3, 1}, "duplicate key 'a', first at 1:1", "keep one of them"},
      {"a: 1\n\"a\": 3\n", {2, 1}, "duplicate key 'a', first at 1:1", "keep one of them"},
      {"a: 1\n---\nb: 2\n", {2, 1}, "a second document follows", "keep one document a file"},
      {"d: &d {x: 1}\ne:\n  <<: *d\n",
       {3, 3},
       "merge keys (<<) are not part of YAML 1.2",
       "write the keys out, or use an alias for the whole value"},
      {"a:\n\tb: 1\n",
       {2, 1},
       "found character that cannot start any token, while scanning for the next token",
       "indent with spaces, not with tabs"},
      {"a: {K: ${V}}\n",
       {1, 9},
       "did not find expected ',' or '}', while parsing a flow mapping",
       "a value with ${…} needs quotation marks inside [ ] and { }"},
      {"a: [1, 2\n", {2, 1}, "did not find expected ',' or ']', while parsing a flow sequence", ""},
      {"a: b: c\n", {1, 5}, "mapping values are not allowed in this context", ""},
      {"? [a]\n: 1\n",
       {1, 3},
       "a key must be text",
       "a value that starts with { or [ needs quotation marks where it is text"},
      {"?\n: 1\n", {1, 2}, "a key is missing", ""},
      {"a: &a 1\n*a : 2\n", {2, 1}, "an alias cannot be a key", ""},
      {"a: *b\n", {1, 4}, "no anchor 'b' stands before this alias", ""},
      {"a: &a [*a]\n", {1, 8}, "no anchor 'a' stands before this alias", ""},
      {"a: !x 1\n", {1, 4}, "the tag '!x' does not fit here", "leave the tag out"},
      {"a: !!int x\n",
       {1, 4},
       "the tag 'tag:yaml.org,2002:int' does not fit here",
       "leave the tag out"},
      {"a: !!set {b}\n",
       {1, 4},
       "the tag 'tag:yaml.org,2002:set' does not fit here",
       "leave the tag out"},
      {"a: \x01\n", {1, 4}, "control characters are not allowed", ""},
      {std::string(129, '['), {1, 129}, "nested deeper than 128", ""},
  };
  for (const auto& each : cases) {
    const auto read = read_yaml(each.text);
    ASSERT_FALSE(read) << each.text;
    EXPECT_EQ(read.error().message, each.message) << each.text;
    EXPECT_EQ(read.error().hint, each.hint) << each.text;
    EXPECT_EQ(read.error().mark, each.mark)
        << each.text << " at " << read.error().mark.line << ":" << read.error().mark.column;
  }
}

TEST(ReadYaml, CopiesAliases) {
  const auto read = read_yaml("a: &x {k: [1, 2]}\nb: *x\nc: &x 5\nd: *x\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->find("b")->find("k")->items.size(), 2U);
  EXPECT_EQ(read->find("d")->text, "5");
}

TEST(ReadYaml, BoundsTheExpansionOfAliases) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += "*a" + std::to_string(i - 1) + ",";
    text += "]\n";
  }
  const auto read = read_yaml(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "aliases make this document too large");
}

TEST(ReadYaml, BoundsTheDepthThatAliasesMake) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 200; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  const auto read = read_yaml(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "nested deeper than 128");
}

TEST(ReadYaml, ReadsJsonAndNothing) {
  const auto json = read_yaml("{\"a\": [1, {\"b\": null}]}");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->find("a")->items[1].find("b")->kind, Kind::kNull);
  for (const std::string text : {"", "# only a comment\n", "---\n"}) {
    const auto empty = read_yaml(text);
    ASSERT_TRUE(empty) << text;
    EXPECT_EQ(empty->kind, Kind::kNull) << text;
  }
}

}  // namespace
}  // namespace gantry::document
