#include "mcp/items.h"

#include <gtest/gtest.h>

namespace gantry::mcp {
namespace {

/// "KEY=RAW" for each item; its key span must stand for its key.
std::string listed(std::string_view result, std::string_view list, std::string_view key) {
  std::string out;
  for (const auto& item : list_items(result, list, key)) {
    EXPECT_EQ(decode_string(item.key_span.in(item.raw)), item.key);
    out += item.key + "=" + item.raw + "\n";
  }
  return out;
}

struct ItemsRow {
  std::string_view what;
  std::string_view result;
  std::string_view items;
};

class Items : public testing::TestWithParam<ItemsRow> {};

TEST_P(Items, are_cut_out_as_they_came) {
  EXPECT_EQ(listed(GetParam().result, "tools", "name"), GetParam().items);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Items,
    testing::Values(
        ItemsRow{"two", R"({"tools":[{"name":"a"},{"x":[1],"name":"b"}]})",
                 "a={\"name\":\"a\"}\nb={\"x\":[1],\"name\":\"b\"}\n"},
        ItemsRow{"white space", "\n{ \"tools\" : [ { \"name\" : \"a\" } , {\"name\":\"b\"} ] } ",
                 "a={ \"name\" : \"a\" }\nb={\"name\":\"b\"}\n"},
        ItemsRow{"empty", R"({"tools":[]})", ""},
        ItemsRow{"no list", R"({"prompts":[{"name":"a"}]})", ""},
        ItemsRow{"the list is an object", R"({"tools":{"name":"a"}})", ""},
        ItemsRow{"the list is null", R"({"tools":null})", ""},
        ItemsRow{"the result is an array", R"([{"name":"a"}])", ""},
        ItemsRow{"the result is text", R"("tools")", ""},
        ItemsRow{"elements of other types are left out",
                 R"({"tools":[1,"name",null,["name"],{"name":"a"},true]})", "a={\"name\":\"a\"}\n"},
        ItemsRow{"no key", R"({"tools":[{"title":"t"},{}]})", ""},
        ItemsRow{"a key that is no string", R"({"tools":[{"name":7},{"name":null}]})", ""},
        ItemsRow{"a key inside is another one",
                 R"({"tools":[{"x":{"name":"in"}},{"x":{"name":"in"},"name":"out"}]})",
                 "out={\"x\":{\"name\":\"in\"},\"name\":\"out\"}\n"},
        ItemsRow{"a list inside is another one", R"({"x":{"tools":[{"name":"a"}]}})", ""},
        ItemsRow{"escapes are decoded in keys alone",
                 R"({"to\u006fls":[{"n\u0061me":"\u00e4\n\"","d":"\u00e4"}]})",
                 "\u00e4\n\"={\"n\\u0061me\":\"\\u00e4\\n\\\"\",\"d\":\"\\u00e4\"}\n"},
        ItemsRow{"the last of two keys counts", R"({"tools":[{"name":"a","name":"b"}]})",
                 "b={\"name\":\"a\",\"name\":\"b\"}\n"},
        ItemsRow{"an empty key is one", R"({"tools":[{"name":""}]})", "={\"name\":\"\"}\n"}),
    [](const auto& row) {
      std::string name(row.param.what);
      for (auto& c : name) c = c == ' ' ? '_' : c;
      return name;
    });

TEST(ItemsOfBadJson, are_none) {
  for (const std::string_view bad : {"", " ", "{", R"({"tools":[{"name":"a"})",
                                     R"({"tools":[{"name":"a"}}])", R"({"tools":[{"name":}]})"}) {
    EXPECT_EQ(listed(bad, "tools", "name"), "") << bad;
  }
}

TEST(ItemsOfDeepJson, are_refused_past_the_depth) {
  const std::size_t most = ScanLimits::kMostDepth;
  const auto nested = [](std::size_t depth) {
    return R"({"tools":[{"name":"a","x":)" + std::string(depth, '[') + std::string(depth, ']') +
           "}]}";
  };
  EXPECT_EQ(list_items(nested(most - 3), "tools", "name").size(), 1U);
  EXPECT_EQ(list_items(nested(most * 4), "tools", "name").size(), 0U);
}

struct MemberRow {
  std::string_view object;
  std::string_view key;
  std::string_view value;
};

TEST(Member, is_the_raw_value) {
  for (const auto& row : {
           MemberRow{R"({"a":1,"b":[2, 3]})", "b", "[2, 3]"},
           MemberRow{R"({"a": {"b":1} })", "a", R"({"b":1})"},
           MemberRow{R"({"a":{"b":1}})", "b", ""},
           MemberRow{R"({"a":null})", "a", "null"},
           MemberRow{R"({"a":"\u0062"})", "a", R"("\u0062")"},
           MemberRow{R"({"\u0061":1})", "a", "1"},
           MemberRow{R"({"a":1,"a":2})", "a", "2"},
           MemberRow{R"({"A":1})", "a", ""},
           MemberRow{R"({})", "a", ""},
           MemberRow{R"(["a"])", "a", ""},
           MemberRow{R"({"a":1)", "a", ""},
           MemberRow{"", "a", ""},
       }) {
    EXPECT_EQ(member(row.object, row.key), row.value) << row.object;
  }
}

}  // namespace
}  // namespace gantry::mcp
