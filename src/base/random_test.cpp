#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace gantry::base {
namespace {

TEST(Random, TokensHaveTheLengthOfBase64WithoutPadding) {
  for (const std::size_t bytes : {0U, 1U, 2U, 3U, 16U, 32U, 256U}) {
    EXPECT_EQ(random_token(bytes).size(), (bytes * 8 + 5) / 6) << bytes;
  }
}

TEST(Random, TokensUseTheWholeAlphabetAndNothingElse) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<char> seen;
  std::set<std::string> tokens;
  for (int i = 0; i < 200; ++i) {
    const auto token = random_token(32);
    EXPECT_EQ(token.find_first_not_of(kAlphabet), std::string::npos) << token;
    seen.insert(token.begin(), token.end());
    EXPECT_TRUE(tokens.insert(token).second);
  }
  EXPECT_EQ(seen.size(), kAlphabet.size());
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  EXPECT_EQ(random_below(0), 0U);
  EXPECT_EQ(random_below(1), 0U);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_below(5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
}

TEST(RandomDeathTest, RefusesMoreThanTheKernelGivesAtOnce) {
  EXPECT_DEATH((void)random_token(257), "gantry: bug: .*random.cpp");
}

}  // namespace
}  // namespace gantry::base
