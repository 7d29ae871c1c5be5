// UTF-8, byte by byte: what a well-formed sequence is (Unicode 15, table 3-7) and how one is
// written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gantry::mcp {

/// The length of the well-formed sequence that starts at `p` (which is before `end`), 0 where there
/// is none: no overlong form, no surrogate, nothing past U+10FFFF.
[[nodiscard]] inline std::size_t utf8_length(const char* p, const char* end) {
  const auto left = static_cast<std::size_t>(end - p);
  const auto at = [p](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  const auto tail = [&at](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xE0 && first < 0xF0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    const bool overlong = first == 0xE0 && at(1) < 0xA0;
    const bool surrogate = first == 0xED && at(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xC2 && first < 0xE0) return left >= 2 && tail(1) ? 2 : 0;
  if (first >= 0xF0 && first < 0xF5) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    const bool overlong = first == 0xF0 && at(1) < 0x90;
    const bool beyond = first == 0xF4 && at(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

/// Writes `point` (no surrogate, at most U+10FFFF) at `out`, up to four bytes; returns the place
/// after them.
inline char* utf8_write(std::uint32_t point, char* out) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
  return out;
}

}  // namespace gantry::mcp
