#include "async/wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

namespace gantry::async {
namespace {

using base::Instant;
using base::Millis;

constexpr Millis kRevolution = Wheel::kTick * 4096;

/// A wheel whose clock stands still until it is told otherwise.
struct Fixture : ::testing::Test {
  Instant start{std::chrono::hours(1)};
  Wheel wheel{start};
  Millis passed{0};

  void pass(Millis more) {
    passed += more;
    wheel.advance(start + passed);
  }
  void arm(Timer& timer, Millis after, std::vector<int>& fired, int name) {
    timer.arm(wheel, after, [&fired, name] { fired.push_back(name); });
  }
};
using WheelTest = Fixture;

TEST_F(WheelTest, FiresInTheOrderOfDeadlines) {
  std::array<Timer, 4> timers;
  std::vector<int> fired;
  arm(timers[0], Millis(300), fired, 300);
  arm(timers[1], Millis(50), fired, 50);
  arm(timers[2], Millis(0), fired, 0);
  arm(timers[3], Millis(120), fired, 120);
  pass(Millis(1000));
  EXPECT_EQ(fired, (std::vector{0, 50, 120, 300}));
  pass(Millis(1000));
  EXPECT_EQ(fired.size(), 4U) << "once each";
}

TEST_F(WheelTest, IsNeverEarlyAndAtMostATickLate) {
  // Armed at any moment of a tick, for any span, near and beyond a revolution.
  for (const int offset : {0, 1, 5, 9}) {
    for (const std::int64_t span :
         {0, 1, 9, 10, 11, 19, 20, 640, 40'949, 40'950, 40'960, 40'961, 81'920, 123'456}) {
      pass(Millis(100 - passed.count() % 10 + offset));
      bool fired = false;
      Timer timer;
      timer.arm(wheel, Millis(span), [&] { fired = true; });
      if (span > 0) pass(Millis(span - 1));
      EXPECT_FALSE(fired) << span << " at " << offset;
      pass(Millis(span > 0 ? 1 : 0) + Wheel::kTick);
      EXPECT_TRUE(fired) << span << " at " << offset;
      EXPECT_FALSE(timer.armed());
    }
  }
}

TEST_F(WheelTest, ANegativeSpanIsNone) {
  std::vector<int> fired;
  Timer timer;
  arm(timer, Millis(-500), fired, 1);
  pass(Wheel::kTick);
  EXPECT_EQ(fired.size(), 1U);
}

TEST_F(WheelTest, FarTimersWaitForTheirRevolution) {
  std::vector<int> fired;
  std::array<Timer, 3> timers;
  arm(timers[0], Millis(50), fired, 0);
  arm(timers[1], Millis(50) + kRevolution, fired, 1);
  arm(timers[2], Millis(50) + 3 * kRevolution, fired, 2);
  for (int revolution = 0; revolution < 4; ++revolution) {
    const auto before = fired.size();
    for (Millis step{0}; step < kRevolution; step += Millis(640)) pass(Millis(640));
    EXPECT_EQ(fired.size(), before + (revolution == 2 ? 0 : 1)) << revolution;
  }
  EXPECT_EQ(fired, (std::vector{0, 1, 2}));
}

TEST_F(WheelTest, AStopOfTheMachineFiresAllThatIsDueAndNoMore) {
  std::vector<int> fired;
  std::array<Timer, 4> timers;
  arm(timers[0], Millis(10), fired, 0);
  arm(timers[1], kRevolution + Millis(10), fired, 1);
  arm(timers[2], 2 * kRevolution, fired, 2);
  arm(timers[3], 5 * kRevolution, fired, 3);
  pass(4 * kRevolution);
  std::ranges::sort(fired);
  EXPECT_EQ(fired, (std::vector{0, 1, 2}));
  EXPECT_TRUE(timers[3].armed());
  pass(kRevolution - Millis(1));
  EXPECT_EQ(fired.size(), 3U);
  pass(Millis(1) + Wheel::kTick);
  EXPECT_EQ(fired.back(), 3);
}

TEST_F(WheelTest, ArmingAnewForgetsTheEarlierDeadline) {
  std::vector<int> fired;
  Timer timer;
  arm(timer, Millis(100), fired, 1);
  arm(timer, Millis(300), fired, 2);
  pass(Millis(250));
  EXPECT_TRUE(fired.empty());
  pass(Millis(100));
  EXPECT_EQ(fired, std::vector{2});
}

TEST_F(WheelTest, PostponeKeepsTheAction) {
  std::vector<int> fired;
  Timer timer;
  arm(timer, Millis(100), fired, 7);
  pass(Millis(90));
  timer.postpone(Millis(100));
  pass(Millis(90));
  EXPECT_TRUE(fired.empty());
  pass(Millis(20));
  EXPECT_EQ(fired, std::vector{7});
}

TEST_F(WheelTest, DisarmedOrDestroyedIsSilent) {
  std::vector<int> fired;
  auto held = std::make_shared<int>(1);
  Timer disarmed;
  disarmed.arm(wheel, Millis(10), [&fired, held] { fired.push_back(1); });
  {
    Timer destroyed;
    destroyed.arm(wheel, Millis(10), [&fired, held] { fired.push_back(2); });
  }
  disarmed.disarm();
  disarmed.disarm();
  EXPECT_EQ(held.use_count(), 1) << "an action goes with its deadline";
  EXPECT_EQ(wheel.next(start), std::nullopt);
  pass(Millis(1000));
  EXPECT_TRUE(fired.empty());
}

TEST_F(WheelTest, NeighboursInOneSlotAreIndependent) {
  std::array<Timer, 5> timers;
  for (const std::size_t gone : {0U, 2U, 4U}) {
    std::vector<int> fired;
    for (int at = 0; at < 5; ++at) {
      arm(timers[static_cast<std::size_t>(at)], Millis(50), fired, at);
    }
    timers[gone].disarm();
    pass(Millis(100));
    std::ranges::sort(fired);
    EXPECT_EQ(fired.size(), 4U);
    EXPECT_FALSE(std::ranges::binary_search(fired, static_cast<int>(gone)));
  }
}

TEST_F(WheelTest, ActionsMayDisarmOrDestroyTheirNeighbours) {
  // Whichever of the two fires first takes the other with it.
  int fired = 0;
  Timer first;
  Timer second;
  first.arm(wheel, Millis(50), [&] { ++fired, second.disarm(); });
  second.arm(wheel, Millis(50), [&] { ++fired, first.disarm(); });
  pass(Millis(100));
  EXPECT_EQ(fired, 1);

  auto one = std::make_unique<Timer>();
  auto other = std::make_unique<Timer>();
  one->arm(wheel, Millis(50), [&] { ++fired, other.reset(); });
  other->arm(wheel, Millis(50), [&] { ++fired, one.reset(); });
  pass(Millis(100));
  EXPECT_EQ(fired, 2);
}

TEST_F(WheelTest, AnActionMayDestroyItsOwnTimer) {
  auto timer = std::make_unique<Timer>();
  auto text = std::make_unique<std::string>("still here");
  std::string seen;
  timer->arm(wheel, Millis(10), [&, text = std::move(text)] {
    timer.reset();
    seen = *text;
  });
  pass(Millis(100));
  EXPECT_EQ(seen, "still here");
}

TEST_F(WheelTest, AnActionMayArmItsOwnTimerAgain) {
  Timer timer;
  std::vector<Millis> at;
  std::move_only_function<void()> again = [&] {
    at.push_back(passed);
    if (at.size() < 3) timer.arm(wheel, Millis(0), [&] { again(); });
  };
  timer.arm(wheel, Millis(0), [&] { again(); });
  pass(Millis(10));
  EXPECT_EQ(at.size(), 1U) << "not in the same look: it would never end";
  pass(Millis(10));
  pass(Millis(10));
  EXPECT_EQ(at.size(), 3U);
  EXPECT_FALSE(timer.armed());
}

TEST_F(WheelTest, AnActionAfterAStopOfTheMachineMayArm) {
  std::vector<int> fired;
  Timer timer;
  Timer next;
  timer.arm(wheel, Millis(10), [&] { arm(next, kRevolution, fired, 1); });
  pass(3 * kRevolution);
  EXPECT_TRUE(next.armed());
  pass(kRevolution - Millis(1));
  EXPECT_TRUE(fired.empty());
  pass(Millis(1) + Wheel::kTick);
  EXPECT_EQ(fired.size(), 1U);
}

TEST_F(WheelTest, LeftShrinks) {
  Timer timer;
  EXPECT_EQ(timer.left(), std::nullopt);
  timer.arm(wheel, Millis(1000), [] {});
  EXPECT_GE(*timer.left(), Millis(1000));
  EXPECT_LE(*timer.left(), Millis(1010));
  pass(Millis(400));
  EXPECT_GE(*timer.left(), Millis(600));
  EXPECT_LE(*timer.left(), Millis(610));
  timer.disarm();
  EXPECT_EQ(timer.left(), std::nullopt);
}

TEST_F(WheelTest, ArmingCountsFromTheTimeThatWasSet) {
  bool fired = false;
  Timer timer;
  wheel.set_now(start + Millis(500));
  timer.arm(wheel, Millis(100), [&] { fired = true; });
  wheel.advance(start + Millis(599));
  EXPECT_FALSE(fired);
  wheel.advance(start + Millis(610));
  EXPECT_TRUE(fired);
}

TEST_F(WheelTest, NextIsExactForNearTimers) {
  EXPECT_EQ(wheel.next(start), std::nullopt);
  for (const std::int64_t span : {0, 10, 630, 640, 650, 5000, 40'940}) {
    Timer timer;
    timer.arm(wheel, Millis(span), [] {});
    const auto wait = wheel.next(start + passed);
    ASSERT_TRUE(wait);
    EXPECT_EQ(*wait, std::max(Millis(span), Wheel::kTick)) << span;
    EXPECT_EQ(wheel.next(start + passed + Millis(span) + Millis(500)), Millis(0));
    timer.disarm();
    pass(Millis(130));
  }
}

TEST_F(WheelTest, NextIsNeverLate) {
  // A driver that sleeps for next() each time, as the loop does, meets every deadline.
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each run
  std::uniform_int_distribution<std::int64_t> spans(0, 130'000);
  struct One {
    Timer timer;
    Millis due{0};
    std::optional<Millis> fired;
  };
  std::vector<std::unique_ptr<One>> all;
  for (int i = 0; i < 300; ++i) {
    auto& one = *all.emplace_back(std::make_unique<One>());
    const Millis span(spans(random));
    one.due = passed + span;
    one.timer.arm(wheel, span, [this, &one] { one.fired = passed; });
    pass(Millis(i % 7));
  }
  for (int looks = 0; looks < 5000; ++looks) {
    const auto wait = wheel.next(start + passed);
    if (!wait) break;
    pass(*wait);
  }
  for (const auto& one : all) {
    ASSERT_TRUE(one->fired);
    EXPECT_GE(*one->fired, one->due);
    EXPECT_LE(*one->fired, one->due + Wheel::kTick);
  }
}

}  // namespace
}  // namespace gantry::async
