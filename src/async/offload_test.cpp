#include "async/offload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <vector>

namespace gantry::async {
namespace {

constexpr std::chrono::seconds kHung{20};

TEST(Offload, RunsInOrderOnAThreadOfItsOwn) {
  Offload offload;
  std::vector<int> order;
  std::promise<std::thread::id> done;
  for (int i = 0; i < 100; ++i) offload.run([&, i] { order.push_back(i); });
  offload.run([&] { done.set_value(std::this_thread::get_id()); });
  auto finished = done.get_future();
  ASSERT_EQ(finished.wait_for(kHung), std::future_status::ready);
  EXPECT_NE(finished.get(), std::this_thread::get_id());
  EXPECT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Offload, BringsTheResultBackToTheLoop) {
  const auto loop = Loop::create(0).value();
  Offload offload;
  std::thread::id worker;
  std::unique_ptr<int> result;
  loop->post([&] {
    offload.run(
        *loop,
        [&] {
          worker = std::this_thread::get_id();
          return std::make_unique<int>(7);
        },
        [&](std::unique_ptr<int> made) {
          EXPECT_TRUE(loop->is_current());
          result = std::move(made);
          loop->stop();
        });
  });
  Timer hung;
  hung.arm(loop->wheel(), kHung, [&] { loop->stop(); });
  loop->run();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(*result, 7);
  EXPECT_NE(worker, std::this_thread::get_id());
}

TEST(Offload, EndsAfterTheWorkInHandAndDropsTheRest) {
  const auto dropped = std::make_shared<int>(0);
  std::promise<void> begun;
  std::promise<void> go_on;
  bool finished = false;
  std::thread releasing;
  {
    Offload offload;
    offload.run([&] {
      begun.set_value();
      go_on.get_future().wait();
      finished = true;
    });
    begun.get_future().wait();
    offload.run([dropped] { ++*dropped; });
    // Released once the end has dropped what waits: then this test holds the only reference.
    releasing = std::thread([&] {
      const auto until = std::chrono::steady_clock::now() + kHung;
      while (dropped.use_count() > 1 && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
      }
      go_on.set_value();
    });
  }
  releasing.join();
  EXPECT_TRUE(finished);
  EXPECT_EQ(*dropped, 0);
  EXPECT_EQ(dropped.use_count(), 1);
}

}  // namespace
}  // namespace gantry::async
