#include "fabric/lists.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "transport/test_loop.h"

namespace gantry::fabric {
namespace {

using transport::TestFolder;

Lists sample() {
  Lists lists;
  lists.initialize =
      R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s"}})";
  const auto items = [](std::string_view result, std::size_t kind) {
    return mcp::list_items(result, list_kind(kind).member, list_kind(kind).key);
  };
  lists.tools =
      items(R"({"tools":[{"name":"a b","description":"ä\n"},{"x":[],"name":"\"q\""}]})", 0);
  lists.prompts = items(R"({"prompts":[{"name":"p"}]})", 1);
  lists.resources = items(R"({"resources":[{"uri":"file:///x","name":"x"}]})", 2);
  lists.templates = items(R"({"resourceTemplates":[{"uriTemplate":"file:///{p}"}]})", 3);
  return lists;
}

std::string text_of(const Lists& lists) {
  std::string out = lists.initialize + "\n";
  for (std::size_t kind = 0; kind < kListKinds; ++kind) {
    for (const auto& item : lists.*list_kind(kind).items) out += item.key + "=" + item.raw + "\n";
  }
  return out;
}

TEST(StoredLists, come_back_as_they_were) {
  const TestFolder folder;
  const auto lists = sample();
  ASSERT_EQ(lists.tools.size() + lists.prompts.size() + lists.resources.size(), 4U);
  ASSERT_TRUE(store(folder.path() / "deep" / "lists", "one", "print", lists));
  const auto loaded = load(folder.path() / "deep" / "lists", "one", "print");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(text_of(*loaded), text_of(lists));
  EXPECT_TRUE(loaded->stored);
  EXPECT_EQ(loaded->failure, "");
}

TEST(StoredLists, may_be_empty) {
  const TestFolder folder;
  const Lists lists{.initialize = "{}",
                    .tools = {},
                    .prompts = {},
                    .resources = {},
                    .templates = {},
                    .failure = {}};
  ASSERT_TRUE(store(folder.path(), "one", "print", lists));
  const auto loaded = load(folder.path(), "one", "print");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(text_of(*loaded), "{}\n");
}

TEST(StoredLists, are_of_one_server_and_one_configuration) {
  const TestFolder folder;
  ASSERT_TRUE(store(folder.path(), "one", "a\"print", sample()));
  EXPECT_NE(load(folder.path(), "one", "a\"print"), nullptr);
  EXPECT_EQ(load(folder.path(), "one", "other"), nullptr);
  EXPECT_EQ(load(folder.path(), "one", ""), nullptr);
  EXPECT_EQ(load(folder.path(), "two", "a\"print"), nullptr);
}

TEST(StoredLists, are_replaced_whole) {
  const TestFolder folder;
  ASSERT_TRUE(store(folder.path(), "one", "old", sample()));
  auto lists = sample();
  lists.tools.clear();
  ASSERT_TRUE(store(folder.path(), "one", "new", lists));
  EXPECT_EQ(load(folder.path(), "one", "old"), nullptr);
  const auto loaded = load(folder.path(), "one", "new");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(text_of(*loaded), text_of(lists));
}

TEST(StoredLists, of_a_damaged_file_are_none) {
  const TestFolder folder;
  const auto file = folder.path() / "one.json";
  ASSERT_TRUE(store(folder.path(), "one", "print", sample()));
  const auto whole = base::read_file(file).value();
  for (const auto* text : {"", "{}", "[]", "null", R"({"fingerprint":"print"})",
                           R"({"fingerprint":"print","initialize":7})",
                           R"({"fingerprint":"print","initialize":{},"tools":[{"name":"a"})",
                           R"({"fingerprint":7,"initialize":{}})"}) {
    ASSERT_TRUE(base::write_file(file, text));
    EXPECT_EQ(load(folder.path(), "one", "print"), nullptr) << text;
  }
  for (std::size_t cut = 1; cut + 2 < whole.size(); ++cut) {
    ASSERT_TRUE(base::write_file(file, whole.substr(0, cut)));
    EXPECT_EQ(load(folder.path(), "one", "print"), nullptr) << cut;
  }
  ASSERT_TRUE(base::write_file(file, whole + "x"));
  EXPECT_EQ(load(folder.path(), "one", "print"), nullptr);
}

TEST(StoredLists, leave_out_what_is_no_item) {
  const TestFolder folder;
  const auto* text =
      R"({"fingerprint":"print","initialize":{},"tools":[{"name":1},{"name":"a"}],"prompts":{}})";
  ASSERT_TRUE(base::write_file(folder.path() / "one.json", text));
  const auto loaded = load(folder.path(), "one", "print");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(text_of(*loaded), "{}\na={\"name\":\"a\"}\n");
}

TEST(StoredLists, say_where_they_cannot_be_written) {
  const TestFolder folder;
  ASSERT_TRUE(base::write_file(folder.path() / "file", "x"));
  EXPECT_FALSE(store(folder.path() / "file", "one", "print", sample()));
}

}  // namespace
}  // namespace gantry::fabric
