// Cuts a byte stream into lines of at most `most` bytes; a longer one is thrown away up to its end
// and told of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::transport {

class LineReader {
 public:
  explicit LineReader(std::size_t most) : most_(most) {}

  /// `each(line)` for every whole line, without its LF or CRLF; `too_long()` once for each line
  /// over the limit. A callback that returns false stops the reading (the owner is gone).
  template <typename Each, typename TooLong>
  bool feed(std::string_view bytes, Each&& each, TooLong&& too_long) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto piece = bytes.substr(0, end);
      if (!skipping_ && held_.size() + piece.size() > most_) {
        skipping_ = true;
        held_ = {};
        if (!too_long()) return false;
      }
      if (end == std::string_view::npos) {
        if (!skipping_) held_.append(piece);
        return true;
      }
      bytes.remove_prefix(end + 1);
      if (skipping_) {
        skipping_ = false;
      } else if (held_.empty()) {
        if (!each(without_return(piece))) return false;
      } else {
        held_.append(piece);
        const auto line = std::exchange(held_, {});
        if (!each(without_return(line))) return false;
      }
    }
    return true;
  }
  /// What came after the last line end.
  [[nodiscard]] std::string_view rest() const { return held_; }

 private:
  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::size_t most_;
  std::string held_;
  bool skipping_ = false;
};

}  // namespace gantry::transport
