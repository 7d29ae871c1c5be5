// Server-sent events (WHATWG HTML 9.2.6): reading a stream piece by piece, and writing one event.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace gantry::net {

struct SseEvent {
  std::string_view type;  ///< "message" unless the stream says otherwise
  std::string_view data;  ///< lines joined by LF; may be empty (a priming event)
  bool has_id = false;
  std::string_view id;  ///< where has_id: of this very event
  std::optional<base::Millis> retry;
};

class SseReader {
 public:
  /// `most`: bytes of one event.
  explicit SseReader(std::size_t most) : most_(most) {}
  /// Gives each event that became whole; views hold during the call. False: an event over `most`,
  /// the stream is unusable. An event is given for a blank line after any of data, id or retry, so
  /// that priming events are seen too.
  [[nodiscard]] bool feed(std::string_view bytes, const std::function<void(const SseEvent&)>& each);

 private:
  void line(std::string_view text, const std::function<void(const SseEvent&)>& each);

  std::size_t most_;
  std::string partial_;  // a line that is not whole yet
  std::string data_;
  std::string type_;
  std::string id_;
  std::optional<base::Millis> retry_;
  bool has_data_ = false;
  bool has_id_ = false;
  bool after_return_ = false;
  bool first_ = true;
};

/// Appends "id: …\ndata: …\n\n". `data` holds no raw newline; an empty id is left out.
void append_event(std::string& out, std::string_view id, std::string_view data);

}  // namespace gantry::net
