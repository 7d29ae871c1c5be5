#include "async/threads.h"

#include <gtest/gtest.h>

#include <sched.h>

#include <array>
#include <atomic>
#include <set>

namespace gantry::async {
namespace {

constexpr base::Millis kHung{20'000};

TEST(Threads, RunsEachLoopOnItsOwnThread) {
  auto threads = Threads::create(3).value();
  const auto loops = threads.loops();
  ASSERT_EQ(loops.size(), 3U);
  std::array<std::thread::id, 3> ids;
  std::atomic<unsigned> ran = 0;
  for (std::size_t at = 0; at < 3; ++at) {
    EXPECT_EQ(loops[at]->index(), static_cast<int>(at));
    loops[at]->post([&, at] {
      ids.at(at) = std::this_thread::get_id();
      if (++ran == 3) loops[0]->stop();
    });
  }
  Timer hung;
  hung.arm(loops[0]->wheel(), kHung, [&] { loops[0]->stop(); });
  threads.run();
  EXPECT_EQ(ran, 3U);
  EXPECT_EQ(ids[0], std::this_thread::get_id()) << "the first is the caller's";
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 3U);
}

TEST(Threads, PostFromLoopToLoop) {
  auto threads = Threads::create(2).value();
  const auto loops = threads.loops();
  int turns = 0;
  std::function<void()> turn = [&] {
    if (++turns == 100) return loops[0]->stop();
    const auto other = Loop::current()->index() == 0 ? 1U : 0U;
    loops[other]->post(turn);
  };
  loops[0]->post(turn);
  Timer hung;
  hung.arm(loops[0]->wheel(), kHung, [&] { loops[0]->stop(); });
  threads.run();
  EXPECT_EQ(turns, 100);
}

TEST(Signals, BecomeEventsOfTheLoop) {
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  {
    const auto loop = Loop::create(0).value();
    std::vector<int> seen;
    const auto signals = Signals::create(*loop, [&](int number) {
      seen.push_back(number);
      if (seen.size() == 3) loop->stop();
    });
    ASSERT_TRUE(signals);
    // raise() tells this very thread, which is the one that reads them.
    loop->post([] {
      ::raise(SIGHUP);
      ::raise(SIGTERM);
      ::raise(SIGINT);
    });
    Timer hung;
    hung.arm(loop->wheel(), kHung, [&] { loop->stop(); });
    loop->run();
    EXPECT_EQ(std::set(seen.begin(), seen.end()), (std::set{SIGHUP, SIGTERM, SIGINT}));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(UsableCores, AreOneAtLeast) {
  EXPECT_GE(usable_cores(), 1U);
  EXPECT_LE(usable_cores(), static_cast<unsigned>(CPU_SETSIZE));
}

}  // namespace
}  // namespace gantry::async
