// The inner loop of the reader: over the bytes of a string that need no second look, 16 at a time
// where the processor has SSE2 (every x86-64), one at a time elsewhere.
#pragma once

#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gantry::mcp {

/// Whether a byte may stand in a string as it is and is ASCII: neither quotation mark, backslash
/// nor control.
[[nodiscard]] inline bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

[[nodiscard]] inline const char* skip_plain_bytewise(const char* p, const char* end) {
  while (p != end && is_plain(*p)) ++p;
  return p;
}

/// The first byte from `p` on that is not plain, or `end`.
[[nodiscard]] inline const char* skip_plain(const char* p, const char* end) {
#if defined(__SSE2__)
  const auto quote = _mm_set1_epi8('"');
  const auto backslash = _mm_set1_epi8('\\');
  const auto space = _mm_set1_epi8(' ');
  for (; end - p >= 16; p += 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Signed: below the space are the controls and everything that is not ASCII.
    const auto special =
        _mm_or_si128(_mm_cmplt_epi8(block, space),
                     _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(special));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  return skip_plain_bytewise(p, end);
}

}  // namespace gantry::mcp
