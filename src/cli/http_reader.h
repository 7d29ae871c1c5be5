// One HTTP/1.1 answer and its event stream, read from bytes as they come. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace gantry::cli {

struct Head {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  /// The first value of `name` (lower case), or nothing.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Reads status line, headers and body (Content-Length, chunked, or up to the close). 1xx answers
/// are skipped.
class AnswerReader {
 public:
  static constexpr std::size_t kMostHead = 64U << 10U;

  /// Error: kParse where this is not HTTP, kLimit where the head is too long. Bytes after the
  /// answer are ignored.
  [[nodiscard]] base::Result<> feed(std::string_view bytes);
  /// The peer closed. Error: kUnavailable in the middle of an answer.
  [[nodiscard]] base::Result<> close();
  [[nodiscard]] bool has_head() const { return at_ != At::kHead; }
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] bool done() const { return at_ == At::kDone; }
  /// The body's bytes since the last take.
  [[nodiscard]] std::string take() { return std::exchange(body_, {}); }

 private:
  enum class At : std::uint8_t {
    kHead,
    kLength,
    kSize,
    kChunk,
    kChunkEnd,
    kTrailers,
    kClose,
    kDone
  };

  [[nodiscard]] base::Result<bool> step();
  [[nodiscard]] base::Result<bool> read_head();
  [[nodiscard]] base::Result<> choose_body();
  [[nodiscard]] base::Result<bool> read_size();
  bool copy(At after);
  [[nodiscard]] std::optional<std::string> line();

  At at_ = At::kHead;
  Head head_;
  std::string raw_;   ///< fed, not yet read
  std::string body_;  ///< read, not yet taken
  std::size_t left_ = 0;
};

struct Event {
  std::string id;
  std::string data;
};

/// Server-sent events (WHATWG): lines end in CR, LF or CRLF; comments and events without data are
/// skipped.
class EventReader {
 public:
  static constexpr std::size_t kMostEvent = 64U << 20U;

  /// Error: kLimit where an event is too long.
  [[nodiscard]] base::Result<> feed(std::string_view bytes);
  /// The next whole event, if any.
  [[nodiscard]] std::optional<Event> take();

 private:
  void end_line();

  std::string line_;
  std::string id_;
  std::optional<std::string> data_;
  bool after_return_ = false;
  std::vector<Event> ready_;
};

}  // namespace gantry::cli
