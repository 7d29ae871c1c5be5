// The events of one session's streams, kept for a client that comes back with Last-Event-ID.
// Bounded; the oldest go first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::gateway {

/// "STREAM-SEQUENCE": unique in its session.
struct EventId {
  std::uint64_t stream = 0;
  std::uint64_t sequence = 0;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<EventId> parse(std::string_view text);
};

class EventLog {
 public:
  EventLog(std::size_t most_events, std::size_t most_bytes)
      : most_events_(most_events), most_bytes_(most_bytes) {}

  /// Keeps an event and gives its id. An event larger than the whole log is not kept.
  EventId add(std::uint64_t stream, std::string_view data);
  /// The events of a stream after `sequence`, in order.
  template <typename Each>
  void replay(std::uint64_t stream, std::uint64_t sequence, Each&& each) const {
    for (const auto& event : events_) {
      if (event.id.stream == stream && event.id.sequence > sequence)
        each(event.id, std::string_view(event.data));
    }
  }
  [[nodiscard]] bool holds(std::uint64_t stream) const;
  [[nodiscard]] std::uint64_t last() const { return last_; }

 private:
  struct Event {
    EventId id;
    std::string data;
  };
  std::size_t most_events_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::deque<Event> events_;
};

}  // namespace gantry::gateway
