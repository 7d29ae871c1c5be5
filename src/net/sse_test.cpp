#include "net/sse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gantry::net {
namespace {

using namespace std::string_view_literals;
using Events = std::vector<std::string>;

/// "type|data|id|retry"; "-" where there is none.
std::string text_of(const SseEvent& event) {
  return fmt::format("{}|{}|{}|{}", event.type, event.data, event.has_id ? event.id : "-",
                     event.retry ? fmt::format("{}", event.retry->count()) : "-");
}

constexpr std::size_t kMost = 1000;

Events read(const std::vector<std::string_view>& pieces) {
  SseReader reader(kMost);
  Events events;
  for (const auto piece : pieces) {
    EXPECT_TRUE(reader.feed(piece, [&](const auto& event) { events.push_back(text_of(event)); }));
  }
  return events;
}

struct Case {
  std::string stream;
  Events events;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"", {}},
      {"data: a", {}},
      {"data: a\n", {}},
      {"data: a\n\n", {"message|a|-|-"}},
      {"data:a\ndata:  b\n\n", {"message|a\n b|-|-"}},
      {"data\n\ndata\ndata\n\ndata:", {"message||-|-", "message|\n|-|-"}},
      {"data:test\n\ndata: test\n\n", {"message|test|-|-", "message|test|-|-"}},
      {": a comment\n:another\n\n", {}},
      {"data: a\n: between\ndata: b\n\n", {"message|a\nb|-|-"}},
      {"event: add\ndata: 73\n\ndata: x\n\n", {"add|73|-|-", "message|x|-|-"}},
      {"event: lost\n\ndata: x\n\n", {"message|x|-|-"}},
      {"event:\ndata: x\n\n", {"message|x|-|-"}},
      {"id: 1\ndata: a\n\ndata: b\n\n", {"message|a|1|-", "message|b|-|-"}},
      {"id: 7\n\n", {"message||7|-"}},
      {"id\ndata: a\n\n", {"message|a||-"}},
      {std::string("id: a\0b\ndata: x\n\n"sv), {"message|x|-|-"}},
      {"retry: 3000\n\n", {"message||-|3000"}},
      {"retry: 3s\nretry: -1\nretry:\ndata: x\n\n", {"message|x|-|-"}},
      {"retry: 999999999999\ndata: x\n\n", {"message|x|-|86400000"}},
      {"unknown: x\nDATA: y\n data: z\n\n", {}},
      {"data: {\"a\": \"b: c\"}\n\n", {"message|{\"a\": \"b: c\"}|-|-"}},
      {"\xEF\xBB\xBF"
       "data: bom\n\n",
       {"message|bom|-|-"}},
      {"\xEF\xBB\xBF\n\n"
       "data: a\n\n",
       {"message|a|-|-"}},
      {"\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: twice\n\n",
       {}},
      {"data: a\n\n\xEF\xBB\xBF"
       "data: later\n\n",
       {"message|a|-|-"}},
      {"\n\n\ndata: a\n\n\n\n", {"message|a|-|-"}},
  };
  return all;
}

std::string with_ends(std::string_view stream, std::string_view end) {
  std::string out;
  for (const char c : stream) c == '\n' ? out.append(end) : out.append(1, c);
  return out;
}

TEST(SseReader, ReadsAllLineEndsCutAnywhere) {
  for (const auto& each : cases()) {
    for (const auto* end : {"\n", "\r", "\r\n"}) {
      // A line end inside of data becomes LF, whatever it was.
      const auto stream = with_ends(each.stream, end);
      const std::string_view view = stream;
      EXPECT_EQ(read({view}), each.events) << stream;
      for (std::size_t cut = 0; cut <= view.size(); ++cut) {
        EXPECT_EQ(read({view.substr(0, cut), view.substr(cut)}), each.events) << stream << cut;
      }
    }
  }
}

TEST(SseReader, ReadsByteByByte) {
  for (const auto& each : cases()) {
    for (const auto* end : {"\n", "\r", "\r\n"}) {
      const auto stream = with_ends(each.stream, end);
      std::vector<std::string_view> bytes;
      for (std::size_t i = 0; i < stream.size(); ++i) {
        bytes.push_back(std::string_view(stream).substr(i, 1));
      }
      EXPECT_EQ(read(bytes), each.events) << stream;
    }
  }
}

TEST(SseReader, ReadsMixedLineEnds) {
  EXPECT_EQ(read({"data: a\rdata: b\r\ndata: c\n\r\ndata: d\n\n"}),
            (Events{"message|a\nb\nc|-|-", "message|d|-|-"}));
  EXPECT_EQ(read({"data: a\r", "\n", "\r", "\ndata: b\r\r"}),
            (Events{"message|a|-|-", "message|b|-|-"}));
}

TEST(SseReader, GivesUpOnAnEventThatIsTooLong) {
  const auto nothing = [](const SseEvent&) { FAIL() << "it is not whole"; };
  const std::string half(kMost / 2, 'x');
  {
    SseReader reader(kMost);
    EXPECT_FALSE(reader.feed("data: " + half + half, nothing));
  }
  {
    SseReader reader(kMost);  // a line that never ends, in pieces
    EXPECT_TRUE(reader.feed("data: " + half, nothing));
    EXPECT_FALSE(reader.feed(half, nothing));
  }
  {
    SseReader reader(kMost);  // many lines of one event
    bool usable = true;
    for (int i = 0; i < 1000 && usable; ++i) usable = reader.feed("data: 0123456789\n", nothing);
    EXPECT_FALSE(usable);
  }
}

TEST(SseReader, CountsEachEventAlone) {
  SseReader reader(100);
  int events = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(reader.feed("id: 1\ndata: 0123456789\n: a comment\n\n",
                            [&](const SseEvent&) { ++events; }));
  }
  EXPECT_EQ(events, 1000);
}

TEST(AppendEvent, IsReadBack) {
  std::string out = "before";
  append_event(out, "", "{}");
  EXPECT_EQ(out, "beforedata: {}\n\n");
  out.clear();
  append_event(out, "s-7", " led by a space");
  append_event(out, "s-8", "");
  EXPECT_EQ(read({out}), (Events{"message| led by a space|s-7|-", "message||s-8|-"}));
}

}  // namespace
}  // namespace gantry::net
