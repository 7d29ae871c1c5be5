#include "mcp/splice.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"

namespace gantry::mcp {

Splice::Splice(std::string_view message)
    : Splice(message, {0, static_cast<std::uint32_t>(message.size())}) {}

Splice::Splice(std::string_view message, Span whole)
    : message_(message), whole_(whole), size_(whole.end - whole.begin) {
  GANTRY_ASSERT(whole.begin <= whole.end && whole.end <= message.size());
}

void Splice::add(Span span, std::string_view text) {
  GANTRY_ASSERT(count_ < kMost);
  GANTRY_ASSERT(whole_.begin <= span.begin && span.begin <= span.end && span.end <= whole_.end);
  const auto place = [](const Piece& piece) {
    return std::tuple(piece.span.begin, piece.span.end);
  };
  const auto last = pieces_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto after =
      std::ranges::upper_bound(pieces_.begin(), last, place({span, text}), {}, place);
  GANTRY_ASSERT(after == pieces_.begin() || (after - 1)->span.end <= span.begin);
  GANTRY_ASSERT(after == last || span.end <= after->span.begin);
  std::move_backward(after, last, last + 1);
  *after = {span, text};
  ++count_;
  size_ += text.size();
  size_ -= span.end - span.begin;
}

void Splice::append_to(std::string& out) const {
  // Growing as append does: a buffer that is used again and again must not be reallocated for each
  // message.
  std::size_t from = whole_.begin;
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& [span, text] = pieces_[i];
    out.append(message_, from, span.begin - from);
    out.append(text);
    from = span.end;
  }
  out.append(message_, from, whole_.end - from);
}

}  // namespace gantry::mcp
