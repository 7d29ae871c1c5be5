#include "mcp/splice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gantry::mcp {
namespace {

struct Replacement {
  Span span;
  std::string_view text;
};

std::string spliced(std::string_view message, Span whole, const std::vector<Replacement>& parts) {
  Splice splice(message, whole);
  for (const auto& part : parts) splice.add(part.span, part.text);
  std::string out = ">";
  splice.append_to(out);
  EXPECT_EQ(splice.size(), out.size() - 1);
  return out.substr(1);
}

struct Case {
  const char* what;
  std::vector<Replacement> parts;
  std::string_view expected;
};

TEST(Splice, ReplacesInAnyOrder) {
  const std::string_view message = "0123456789";
  const std::vector<Case> table = {
      {"nothing", {}, "0123456789"},
      {"one", {{{2, 4}, "abc"}}, "01abc456789"},
      {"shorter", {{{2, 6}, "a"}}, "01a6789"},
      {"taken away", {{{2, 6}, ""}}, "016789"},
      {"first and last", {{{9, 10}, "Z"}, {{0, 1}, "A"}}, "A12345678Z"},
      {"beside each other", {{{4, 6}, "b"}, {{2, 4}, "a"}}, "01ab6789"},
      {"everything", {{{0, 10}, "x"}}, "x"},
      {"put in", {{{5, 5}, "-"}}, "01234-56789"},
      {"put in at the ends", {{{10, 10}, ">"}, {{0, 0}, "<"}}, "<0123456789>"},
      {"put in before a replaced part", {{{3, 5}, "b"}, {{3, 3}, "a"}}, "012ab56789"},
      {"put in after a replaced part", {{{3, 5}, "a"}, {{5, 5}, "b"}}, "012ab56789"},
      {"two put in at one place", {{{3, 3}, "a"}, {{3, 3}, "b"}}, "012ab3456789"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(spliced(message, {0, 10}, row.parts), row.expected) << row.what;
  }
}

TEST(Splice, EveryOrderOfEightGivesTheSame) {
  const std::string_view message = "a1b2c3d4e5f6g7h8";
  std::vector<std::uint32_t> order = {0, 1, 2, 3, 4, 5, 6, 7};
  int orders = 0;
  do {
    Splice splice(message);
    for (const auto i : order) splice.add({2 * i + 1, 2 * i + 2}, "<>");
    std::string out;
    splice.append_to(out);
    ASSERT_EQ(out, "a<>b<>c<>d<>e<>f<>g<>h<>");
    ASSERT_EQ(splice.size(), out.size());
    ++orders;
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(orders, 40320);
}

TEST(Splice, WritesOnlyTheDocument) {
  const std::string_view message = "  {\"id\":1}\r\n";
  EXPECT_EQ(spliced(message, {2, 10}, {}), "{\"id\":1}");
  EXPECT_EQ(spliced(message, {2, 10}, {{{8, 9}, "\"x\""}}), "{\"id\":\"x\"}");
}

TEST(Splice, ReplacesWhatTheScannerFound) {
  const std::string_view message = R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":)"
                                   R"({"name":"a__b","_meta":{"progressToken":"p"}}})";
  const auto envelope = scan(message);
  ASSERT_TRUE(envelope.has_value());
  EXPECT_EQ(
      spliced(message, envelope->whole,
              {{envelope->meta_token, "42"}, {envelope->name, "\"b\""}, {envelope->id, "900"}}),
      R"({"jsonrpc":"2.0","id":900,"method":"tools/call","params":)"
      R"({"name":"b","_meta":{"progressToken":42}}})");
}

TEST(SpliceDeathTest, RefusesWhatCannotBe) {
  const std::string_view message = "0123456789";
  EXPECT_DEATH(spliced(message, {0, 10}, {{{2, 5}, ""}, {{4, 6}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {0, 10}, {{{4, 6}, ""}, {{2, 5}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {0, 10}, {{{2, 5}, ""}, {{3, 3}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {0, 10}, {{{2, 5}, ""}, {{2, 5}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {0, 10}, {{{9, 11}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {2, 8}, {{{1, 3}, ""}}), "span");
  EXPECT_DEATH(spliced(message, {0, 11}, {}), "whole");
  EXPECT_DEATH(spliced(message, {0, 10}, std::vector<Replacement>(9, {{1, 1}, "x"})), "kMost");
}

}  // namespace
}  // namespace gantry::mcp
