#include "base/time.h"

#include <gtest/gtest.h>

#include <array>

namespace gantry::base {
namespace {

TEST(Duration, ReadsAndWrites) {
  struct Case {
    std::string_view text;
    std::int64_t millis;
    std::string_view shortest;
  };
  const std::vector<Case> cases = {
      {"0", 0, "0s"},
      {"0ms", 0, "0s"},
      {"250ms", 250, "250ms"},
      {"30s", 30'000, "30s"},
      {"90s", 90'000, "1m30s"},
      {"10m", 600'000, "10m"},
      {"2h", 7'200'000, "2h"},
      {"1d", 86'400'000, "1d"},
      {"1h30m", 5'400'000, "1h30m"},
      {"1d2h3m4s5ms", 93'784'005, "1d2h3m4s5ms"},
  };
  for (const auto& each : cases) {
    const auto read = parse_duration(each.text);
    ASSERT_TRUE(read) << each.text;
    EXPECT_EQ(read->count(), each.millis) << each.text;
    EXPECT_EQ(format_duration(*read), each.shortest);
    EXPECT_EQ(parse_duration(each.shortest), *read);
  }
}

TEST(Duration, RefusesWithTheForms) {
  for (const auto bad : {"", "5", "s", "-5s", "+5s", "1.5s", " 5s", "5s ", "5 s", "1h 30m", "5S",
                         "5min", "1h30", "9999999999999999d", "99999999999999999999s"}) {
    const auto read = parse_duration(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Code::kInvalid);
    EXPECT_EQ(read.error().message, "'" + std::string(bad) + "' is not a duration");
    EXPECT_NE(read.error().hint.find("1h30m"), std::string::npos);
  }
}

TEST(Size, ReadsAndWrites) {
  struct Case {
    std::string_view text;
    std::size_t bytes;
    std::string_view shortest;
  };
  const std::vector<Case> cases = {
      {"0", 0, "0"},
      {"4096", 4096, "4KiB"},
      {"4097", 4097, "4097"},
      {"7B", 7, "7"},
      {"512KiB", 524'288, "512KiB"},
      {"4MiB", 4'194'304, "4MiB"},
      {"1GiB", 1'073'741'824, "1GiB"},
      {"10MB", 10'000'000, "10000000"},
      {"2KB", 2000, "2000"},
      {"3GB", 3'000'000'000, "3000000000"},
  };
  for (const auto& each : cases) {
    const auto read = parse_size(each.text);
    ASSERT_TRUE(read) << each.text;
    EXPECT_EQ(*read, each.bytes) << each.text;
    EXPECT_EQ(format_size(*read), each.shortest);
    EXPECT_EQ(parse_size(each.shortest), *read);
  }
}

TEST(Size, RefusesWithTheForms) {
  for (const auto bad : {"", "MiB", "-1", "1.5MiB", "4 MiB", "4mib", "4M", "1KiB2", "1KiB1KiB",
                         "18446744073709551615", "99999999999GiB"}) {
    const auto read = parse_size(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Code::kInvalid);
    EXPECT_EQ(read.error().message, "'" + std::string(bad) + "' is not a size");
    EXPECT_NE(read.error().hint.find("4MiB"), std::string::npos);
  }
}

TEST(Timestamp, IsRfc3339InUtcWithMilliseconds) {
  using std::chrono::system_clock;
  const std::vector<std::pair<std::int64_t, std::string_view>> cases = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1'795'281'153'123, "2026-11-21T17:12:33.123Z"},
      {951'782'400'009, "2000-02-29T00:00:00.009Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
  };
  for (const auto& [millis, wanted] : cases) {
    EXPECT_EQ(timestamp(system_clock::time_point(Millis(millis))), wanted);
  }
}

}  // namespace
}  // namespace gantry::base
