#include "async/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace gantry::async {
namespace {

using base::Millis;

/// Nothing takes that long: a loop that is not stopped by then hangs.
constexpr Millis kHung{20'000};

/// Runs the loop on this thread, and fails the test where nobody stops it.
void run(Loop& loop) {
  Timer hung;
  hung.arm(loop.wheel(), kHung, [&] {
    ADD_FAILURE() << "the loop hangs";
    loop.stop();
  });
  loop.run();
}

std::unique_ptr<Loop> make_loop(int index = 0) { return Loop::create(index).value(); }

/// A pipe whose reading end is watched.
class Pipe final : public IoHandler {
 public:
  explicit Pipe(Loop& loop) : loop_(loop) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    out = base::Fd(ends[0]);
    in = base::Fd(ends[1]);
    EXPECT_TRUE(loop_.watch(out.number(), *this));
  }
  ~Pipe() { loop_.unwatch(out.number(), *this); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void on_io(Ready ready) override {
    ++events;
    hangup = ready.hangup;
    if (action) action();
  }
  void put(std::string_view text) const {
    EXPECT_EQ(::write(in.number(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string take() const {
    std::array<char, 4096> room{};
    const auto got = ::read(out.number(), room.data(), room.size());
    return {room.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  base::Fd out;
  base::Fd in;
  int events = 0;
  bool hangup = false;
  std::function<void()> action;

 private:
  Loop& loop_;
};

TEST(Loop, KnowsItself) {
  const auto loop = make_loop(3);
  EXPECT_EQ(loop->index(), 3);
  EXPECT_EQ(Loop::current(), nullptr);
  EXPECT_FALSE(loop->is_current());
  loop->post([&] {
    EXPECT_EQ(Loop::current(), loop.get());
    loop->stop();
  });
  run(*loop);
  EXPECT_EQ(Loop::current(), nullptr);
}

TEST(Loop, RunsWhatIsPostedInOrder) {
  const auto loop = make_loop();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) loop->post([&, i] { order.push_back(i); });
  loop->post([&] {
    loop->post([&] {
      order.push_back(101);
      loop->stop();
    });
    order.push_back(100);
  });
  run(*loop);
  ASSERT_EQ(order.size(), 102U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Loop, TakesPostsFromOtherThreadsEachInItsOrder) {
  const auto loop = make_loop();
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  std::array<int, kThreads> next{};
  int done = 0;
  std::vector<std::thread> threads;
  for (std::size_t me = 0; me < kThreads; ++me) {
    threads.emplace_back([&, me] {
      for (int i = 0; i < kEach; ++i) {
        loop->post([&, me, i] {
          EXPECT_EQ(next.at(me)++, i);
          if (++done == kThreads * kEach) loop->stop();
        });
      }
    });
  }
  run(*loop);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, kThreads * kEach);
}

TEST(Loop, APostWakesALoopThatWaits) {
  const auto loop = make_loop();
  std::promise<void> waiting;
  std::thread other([&] {
    waiting.get_future().wait();
    // Each is posted after the one before was run: the loop sleeps in between.
    for (int i = 0; i < 50; ++i) {
      std::promise<void> ran;
      loop->post([&] { ran.set_value(); });
      EXPECT_EQ(ran.get_future().wait_for(kHung), std::future_status::ready);
    }
    loop->stop();
  });
  loop->post([&] { waiting.set_value(); });
  run(*loop);
  other.join();
}

TEST(Loop, WhatIsPostedBeforeTheStopIsRun) {
  const auto loop = make_loop();
  int ran = 0;
  loop->post([&] {
    loop->stop();
    loop->post([&] { ++ran; });
    loop->defer([&] { ++ran; });
  });
  run(*loop);
  EXPECT_EQ(ran, 2);
}

TEST(Loop, WhatIsNeverRunIsDestroyed) {
  const auto held = std::make_shared<int>(1);
  {
    const auto loop = make_loop();
    loop->post([held] { ADD_FAILURE() << "nobody runs it"; });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Loop, DefersToTheEndOfTheRound) {
  const auto loop = make_loop();
  std::vector<std::string> order;
  loop->post([&] {
    loop->defer([&] {
      order.emplace_back("deferred");
      loop->defer([&] {
        order.emplace_back("deferred again");
        loop->stop();
      });
    });
    order.emplace_back("first");
  });
  loop->post([&] { order.emplace_back("second"); });
  run(*loop);
  EXPECT_EQ(order, (std::vector<std::string>{"first", "second", "deferred", "deferred again"}));
}

TEST(Loop, DispatchRunsAtOnceWhereItCan) {
  const auto loop = make_loop();
  std::vector<int> order;
  loop->dispatch([&] {
    loop->dispatch([&] { order.push_back(1); });
    order.push_back(2);
    loop->stop();
  });
  EXPECT_TRUE(order.empty()) << "this thread does not run the loop";
  run(*loop);
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, FiresTimersAndNeverEarly) {
  const auto loop = make_loop();
  Timer timer;
  base::Instant armed;
  base::Instant fired;
  loop->post([&] {
    armed = loop->now();
    timer.arm(loop->wheel(), Millis(30), [&] {
      fired = base::Clock::now();
      loop->stop();
    });
  });
  run(*loop);
  EXPECT_GE(fired - armed, Millis(30));
}

TEST(Loop, TellsOfWhatCanBeRead) {
  const auto loop = make_loop();
  std::string read;
  Pipe pipe(*loop);
  pipe.action = [&] {
    read += pipe.take();
    if (read == "one") pipe.put("two");
    if (read == "onetwo") pipe.in.reset();
    if (pipe.hangup) loop->stop();
  };
  loop->post([&] { pipe.put("one"); });
  run(*loop);
  EXPECT_EQ(read, "onetwo");
  EXPECT_TRUE(pipe.hangup);
}

TEST(Loop, IsToldOnceOfAnEdge) {
  const auto loop = make_loop();
  Pipe pipe(*loop);
  pipe.put("x");
  pipe.action = [&] {
    // Not read. Rounds pass, and no other event comes.
    loop->post([&] { loop->post([&] { loop->post([&] { loop->stop(); }); }); });
  };
  run(*loop);
  EXPECT_EQ(pipe.events, 1);
}

TEST(Loop, UnwatchedInTheSameRoundIsSilent) {
  const auto loop = make_loop();
  constexpr std::size_t kPipes = 5;
  std::array<std::unique_ptr<Pipe>, kPipes> pipes;
  int served = 0;
  for (auto& pipe : pipes) {
    pipe = std::make_unique<Pipe>(*loop);
    pipe->put("x");
    pipe->action = [&, me = pipe.get()] {
      // Whichever is first ends all others, and then itself.
      ++served;
      for (auto& other : pipes) {
        if (other.get() != me) other.reset();
      }
      loop->post([&] { loop->post([&] { loop->stop(); }); });
    };
  }
  run(*loop);
  EXPECT_EQ(served, 1);
}

TEST(Loop, AHandlerMayDestroyItself) {
  const auto loop = make_loop();
  auto pipe = std::make_unique<Pipe>(*loop);
  pipe->put("x");
  pipe->action = [&, action = &pipe->action] {
    const auto alive = std::move(*action);  // this very function outlives its owner
    auto& to_stop = *loop;
    pipe.reset();
    to_stop.stop();
  };
  run(*loop);
  EXPECT_EQ(pipe, nullptr);
}

TEST(Loop, WatchedInAHandlerIsServedLater) {
  const auto loop = make_loop();
  std::unique_ptr<Pipe> second;
  std::vector<int> order;
  Pipe first(*loop);
  first.put("x");
  first.action = [&] {
    order.push_back(1);
    second = std::make_unique<Pipe>(*loop);
    second->put("x");
    second->action = [&] {
      order.push_back(2);
      loop->stop();
    };
  };
  run(*loop);
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, ADescriptorIsWatchedAgainUnderItsOldNumber) {
  const auto loop = make_loop();
  auto first = std::make_unique<Pipe>(*loop);
  first->put("x");
  std::unique_ptr<Pipe> second;
  std::array<int, 2> seen{};
  first->action = [&, owned = &first->action] {
    const auto alive = std::move(*owned);
    auto& count = seen;
    auto& next = second;
    auto& on = *loop;
    ++count[0];
    const int number = first->out.number();
    first.reset();
    next = std::make_unique<Pipe>(on);
    EXPECT_EQ(next->out.number(), number);
    next->put("y");
    next->action = [&] {
      ++count[1];
      EXPECT_EQ(next->take(), "y");
      on.stop();
    };
  };
  run(*loop);
  EXPECT_EQ(seen, (std::array{1, 1}));
}

TEST(Loop, ServesMoreDescriptorsThanOneRoundHolds) {
  const auto loop = make_loop();
  std::vector<std::unique_ptr<Pipe>> pipes;
  int served = 0;
  for (int i = 0; i < 300; ++i) {
    auto& pipe = *pipes.emplace_back(std::make_unique<Pipe>(*loop));
    pipe.put("x");
    pipe.action = [&] {
      if (++served == 300) loop->stop();
    };
  }
  run(*loop);
  for (const auto& pipe : pipes) EXPECT_EQ(pipe->events, 1);
}

TEST(Loop, RefusesWhatCannotBeWatched) {
  const auto loop = make_loop();
  struct Nothing final : IoHandler {
    void on_io(Ready) override {}
  } handler;
  EXPECT_FALSE(loop->watch(-1, handler));
  const base::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  EXPECT_TRUE(loop->watch(event.number(), handler));
  EXPECT_FALSE(loop->watch(event.number(), handler)) << "one handler a descriptor";
  loop->unwatch(event.number(), handler);
  EXPECT_TRUE(loop->watch(event.number(), handler));
  loop->unwatch(event.number(), handler);
}

TEST(Loop, AWriteThatNobodyReadsIsAnError) {
  const auto loop = make_loop();
  Pipe pipe(*loop);
  loop->unwatch(pipe.out.number(), pipe);
  pipe.out.reset();
  EXPECT_EQ(::write(pipe.in.number(), "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace gantry::async
