#include "fabric/pending.h"

#include <gtest/gtest.h>

#include <set>

namespace gantry::fabric {
namespace {

using namespace std::chrono_literals;

TEST(PendingTable, finds_what_was_added_and_nothing_else) {
  PendingTable table;
  for (const RequestId id : {RequestId{0}, RequestId{1}, RequestId{2}, RequestId{1} << 20U,
                             RequestId{1} << 52U, ~RequestId{0}}) {
    EXPECT_EQ(table.find(id), nullptr) << id;
  }
  auto& one = table.add();
  auto& two = table.add();
  EXPECT_NE(one.id, two.id);
  EXPECT_GE(one.id, PendingTable::kFirst);
  EXPECT_EQ(table.find(one.id), &one);
  EXPECT_EQ(table.find(two.id), &two);
  EXPECT_EQ(table.size(), 2U);
  const auto gone = one.id;
  table.remove(one);
  EXPECT_EQ(table.find(gone), nullptr);
  EXPECT_EQ(table.find(0), nullptr);  // what a free slot holds
  EXPECT_EQ(table.find(two.id), &two);
  EXPECT_EQ(table.size(), 1U);
}

TEST(PendingTable, never_gives_an_id_twice) {
  PendingTable table;
  std::set<RequestId> seen;
  for (int round = 0; round < 1000; ++round) {
    auto& one = table.add();
    auto& two = table.add();
    EXPECT_TRUE(seen.insert(one.id).second);
    EXPECT_TRUE(seen.insert(two.id).second);
    table.remove(one);
    table.remove(two);
  }
  for (const auto id : seen) EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

TEST(PendingTable, gives_ids_that_javascript_can_hold) {
  PendingTable table;
  RequestId last = 0;
  for (int round = 0; round < 100'000; ++round) {
    auto& one = table.add();
    last = one.id;
    table.remove(one);
  }
  // A slot's 2^32nd use is still within 2^53.
  EXPECT_EQ(last >> 20U, 100'000U);
  EXPECT_LT((RequestId{UINT32_MAX} << 20U) | ((1U << 20U) - 1), RequestId{1} << 53U);
}

TEST(PendingTable, forgets_all_of_an_earlier_use) {
  async::Wheel wheel{base::Instant{}};
  PendingTable table;
  auto& one = table.add();
  bool fired = false;
  auto held = std::make_shared<Call>();
  one.call = held;
  one.inquiry = [held](base::Result<const Message*>) {};
  one.deadline.arm(wheel, 10ms, [&] { fired = true; });
  one.asking = 3;
  one.resent = true;
  table.remove(one);
  EXPECT_EQ(held.use_count(), 1);
  wheel.advance(base::Instant{} + 1s);
  EXPECT_FALSE(fired);
  auto& again = table.add();
  EXPECT_EQ(&again, &one);  // the slot is used again
  EXPECT_EQ(again.call, nullptr);
  EXPECT_FALSE(again.inquiry);
  EXPECT_EQ(again.asking, 0U);
  EXPECT_FALSE(again.resent);
}

TEST(PendingTable, keeps_its_entries_in_place_and_walks_the_used_ones) {
  PendingTable table;
  std::set<Pending*> places;
  for (int at = 0; at < 5000; ++at) places.insert(&table.add());
  EXPECT_EQ(places.size(), 5000U);
  std::size_t removed = 0;
  for (auto* one : places) {
    if (++removed > 2000) break;
    table.remove(*one);
  }
  std::set<Pending*> walked;
  table.for_each([&](Pending& one) {
    EXPECT_EQ(table.find(one.id), &one);
    walked.insert(&one);
  });
  EXPECT_EQ(walked.size(), 3000U);
  EXPECT_EQ(table.size(), 3000U);
}

}  // namespace
}  // namespace gantry::fabric
