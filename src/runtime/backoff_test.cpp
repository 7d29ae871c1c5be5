#include "runtime/backoff.h"

#include <gtest/gtest.h>

namespace gantry::runtime {
namespace {

using namespace std::chrono_literals;

const base::Instant kStart{};  // any moment: nothing here asks a clock

struct BackoffRow {
  base::Millis lasted;  // negative: it could not even be started
  double jitter;
  base::Millis wait;
};

constexpr config::Restart kRule{.first = 100ms, .most = 1000ms, .healthy_after = 10s};

TEST(Backoff, doubles_until_it_was_healthy) {
  Backoff backoff(kRule);
  auto now = kStart;
  unsigned failures = 0;
  for (const auto& row : {
           BackoffRow{-1ms, 0.5, 100ms},
           BackoffRow{-1ms, 0.5, 200ms},
           BackoffRow{0ms, 0.5, 400ms},
           BackoffRow{9999ms, 0.5, 800ms},
           BackoffRow{-1ms, 0.5, 1000ms},
           BackoffRow{-1ms, 0.5, 1000ms},
           BackoffRow{10s, 0.5, 100ms},
           BackoffRow{-1ms, 0.5, 200ms},
           BackoffRow{1h, 0.5, 100ms},
       }) {
    failures = row.lasted >= kRule.healthy_after ? 1 : failures + 1;
    if (row.lasted >= 0ms) {
      backoff.started(now);
      now += row.lasted;
    }
    EXPECT_EQ(backoff.failed(now, row.jitter), row.wait) << failures;
    EXPECT_EQ(backoff.failures(), failures);
    now += row.wait;
  }
}

TEST(Backoff, has_a_tenth_of_jitter_and_never_waits_longer_than_told) {
  for (const auto& [jitter, wait] : {std::pair{0.0, 90ms}, std::pair{0.5, 100ms},
                                     std::pair{0.25, 95ms}, std::pair{0.9999, 109ms}}) {
    EXPECT_EQ(Backoff(kRule).failed(kStart, jitter), wait) << jitter;
  }
  Backoff backoff({.first = 1000ms, .most = 1000ms, .healthy_after = 1s});
  EXPECT_EQ(backoff.failed(kStart, 0.9999), 1000ms);
  EXPECT_EQ(backoff.failed(kStart, 0.0), 900ms);
}

TEST(Backoff, stays_in_range_for_ever) {
  Backoff backoff({.first = 24h, .most = 48h, .healthy_after = 1s});
  for (unsigned time = 0; time < 200; ++time) {
    const auto wait = backoff.failed(kStart, 0.5);
    EXPECT_EQ(wait, time == 0 ? base::Millis(24h) : base::Millis(48h));
  }
  EXPECT_EQ(backoff.failures(), 200U);
}

TEST(Backoff, counts_a_run_once) {
  Backoff backoff(kRule);
  backoff.started(kStart);
  EXPECT_EQ(backoff.failed(kStart + 20s, 0.5), 100ms);
  // It could not be started since: the long run is no excuse any more.
  EXPECT_EQ(backoff.failed(kStart + 60s, 0.5), 200ms);
}

}  // namespace
}  // namespace gantry::runtime
