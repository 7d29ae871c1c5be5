#include "gateway/event_log.h"

#include <gtest/gtest.h>

namespace gantry::gateway {
namespace {

struct IdRow {
  std::string_view text;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> id;
};

TEST(EventId, is_read_strictly) {
  for (const auto& row : {
           IdRow{"0-0", {{0, 0}}},
           IdRow{"3-17", {{3, 17}}},
           IdRow{"18446744073709551615-1", {{UINT64_MAX, 1}}},
           IdRow{"18446744073709551616-1", {}},
           IdRow{"", {}},
           IdRow{"-", {}},
           IdRow{"3", {}},
           IdRow{"3-", {}},
           IdRow{"-3", {}},
           IdRow{"3--4", {}},
           IdRow{"3-4-5", {}},
           IdRow{"3-4 ", {}},
           IdRow{" 3-4", {}},
           IdRow{"+3-4", {}},
           IdRow{"3-0x4", {}},
           IdRow{"a-b", {}},
       }) {
    const auto id = EventId::parse(row.text);
    ASSERT_EQ(id.has_value(), row.id.has_value()) << row.text;
    if (!id) continue;
    EXPECT_EQ(std::pair(id->stream, id->sequence), *row.id);
    EXPECT_EQ(id->text(), row.text);
  }
}

std::string replayed(const EventLog& log, std::uint64_t stream, std::uint64_t after) {
  std::string out;
  log.replay(stream, after, [&](const EventId& id, std::string_view data) {
    out.append(id.text()).append("=").append(data).append(" ");
  });
  return out;
}

TEST(EventLog, gives_the_events_of_one_stream_after_one) {
  EventLog log(100, 1000);
  EXPECT_EQ(log.last(), 0U);
  EXPECT_EQ(log.add(1, "a").text(), "1-1");
  EXPECT_EQ(log.add(2, "b").text(), "2-2");
  EXPECT_EQ(log.add(1, "c").text(), "1-3");
  EXPECT_EQ(log.add(0, "").text(), "0-4");
  EXPECT_EQ(log.last(), 4U);
  EXPECT_EQ(replayed(log, 1, 0), "1-1=a 1-3=c ");
  EXPECT_EQ(replayed(log, 1, 1), "1-3=c ");
  EXPECT_EQ(replayed(log, 1, 3), "");
  EXPECT_EQ(replayed(log, 1, UINT64_MAX), "");
  EXPECT_EQ(replayed(log, 0, 0), "0-4= ");
  EXPECT_EQ(replayed(log, 3, 0), "");
  EXPECT_TRUE(log.holds(2));
  EXPECT_FALSE(log.holds(3));
}

TEST(EventLog, forgets_the_oldest_past_its_number) {
  EventLog log(3, 1000);
  for (const auto* data : {"a", "b", "c", "d", "e"}) static_cast<void>(log.add(1, data));
  EXPECT_EQ(replayed(log, 1, 0), "1-3=c 1-4=d 1-5=e ");
}

TEST(EventLog, forgets_the_oldest_past_its_bytes) {
  EventLog log(100, 10);
  static_cast<void>(log.add(1, "aaaa"));
  static_cast<void>(log.add(2, "bbbb"));
  static_cast<void>(log.add(1, "cc"));
  EXPECT_EQ(replayed(log, 1, 0), "1-1=aaaa 1-3=cc ");
  static_cast<void>(log.add(1, "d"));
  EXPECT_EQ(replayed(log, 1, 0), "1-3=cc 1-4=d ");
  EXPECT_TRUE(log.holds(2));
  static_cast<void>(log.add(1, "0123456789"));
  EXPECT_EQ(replayed(log, 1, 0), "1-5=0123456789 ");
  EXPECT_FALSE(log.holds(2));
}

TEST(EventLog, does_not_keep_what_is_larger_than_itself) {
  EventLog log(100, 10);
  static_cast<void>(log.add(1, "a"));
  EXPECT_EQ(log.add(1, "0123456789x").text(), "1-2");
  EXPECT_EQ(replayed(log, 1, 0), "1-1=a ");
  EXPECT_EQ(log.add(1, "b").text(), "1-3");
  EventLog none(0, 0);
  EXPECT_EQ(none.add(1, "").text(), "1-1");
  EXPECT_FALSE(none.holds(1));
}

}  // namespace
}  // namespace gantry::gateway
