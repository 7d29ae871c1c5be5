// A message with some of its parts replaced, written from the bytes it came in: what is not
// replaced stays as it was.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/envelope.h"

namespace gantry::mcp {

/// Allocates nothing but the output's own growth. The message and the texts are viewed and must
/// outlive it.
class Splice {
 public:
  static constexpr std::size_t kMost = 8;

  explicit Splice(std::string_view message);
  /// Only the bytes of `whole` are written (Envelope::whole: without the white space around the
  /// document); spans still count from the start of the message and stand within it.
  Splice(std::string_view message, Span whole);

  /// Puts `text` in the place of `span`; an empty text takes it away, a span of no length puts the
  /// text before that byte. In any order, at most kMost, none overlapping (asserted); two of no
  /// length at one place come out as added.
  void add(Span span, std::string_view text);

  /// The length of what append_to writes.
  [[nodiscard]] std::size_t size() const { return size_; }
  void append_to(std::string& out) const;

 private:
  struct Piece {
    Span span;
    std::string_view text;
  };

  std::string_view message_;
  Span whole_;
  std::size_t size_;
  std::size_t count_ = 0;
  std::array<Piece, kMost> pieces_;  ///< the first count_, in the order of the message
};

}  // namespace gantry::mcp
