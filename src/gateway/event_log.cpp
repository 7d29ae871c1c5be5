#include "gateway/event_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace gantry::gateway {

std::string EventId::text() const { return fmt::format("{}-{}", stream, sequence); }

std::optional<EventId> EventId::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto stream = base::parse_number(text.substr(0, dash));
  const auto sequence = base::parse_number(text.substr(dash + 1));
  if (!stream || !sequence) return std::nullopt;
  return EventId{.stream = *stream, .sequence = *sequence};
}

EventId EventLog::add(std::uint64_t stream, std::string_view data) {
  const EventId id{.stream = stream, .sequence = ++last_};
  if (data.size() > most_bytes_) return id;
  events_.push_back({.id = id, .data = std::string(data)});
  bytes_ += data.size();
  while (events_.size() > most_events_ || bytes_ > most_bytes_) {
    bytes_ -= events_.front().data.size();
    events_.pop_front();
  }
  return id;
}

bool EventLog::holds(std::uint64_t stream) const {
  return std::ranges::any_of(events_,
                             [&](const Event& event) { return event.id.stream == stream; });
}

}  // namespace gantry::gateway
