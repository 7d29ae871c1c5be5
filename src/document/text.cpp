#include "document/text.h"

#include <algorithm>

namespace gantry::document {
namespace {

bool is_tail(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Bytes of the character at the front, 0 where it is malformed: overlong, a surrogate, past
/// U+10FFFF, cut off.
std::size_t length_of(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  if (!std::ranges::all_of(text.substr(1, length - 1), is_tail)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

char byte(std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); }

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = length_of(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

Mark mark_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n');
  const auto start = before.rfind('\n');  // npos + 1 is 0: the first line
  const auto column =
      std::ranges::count_if(before.substr(start + 1), [](char c) { return !is_tail(c); });
  return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(column + 1)};
}

std::string_view line_at(std::string_view text, std::uint32_t line) {
  for (; line > 1; --line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

void append_utf8(std::string& out, std::uint32_t character) {
  if (character < 0x80) {
    out.push_back(byte(character));
    return;
  }
  if (character < 0x800) {
    out.push_back(byte(0xC0U | (character >> 6U)));
  } else if (character < 0x10000) {
    out.push_back(byte(0xE0U | (character >> 12U)));
    out.push_back(byte(0x80U | ((character >> 6U) & 0x3FU)));
  } else {
    out.push_back(byte(0xF0U | (character >> 18U)));
    out.push_back(byte(0x80U | ((character >> 12U) & 0x3FU)));
    out.push_back(byte(0x80U | ((character >> 6U) & 0x3FU)));
  }
  out.push_back(byte(0x80U | (character & 0x3FU)));
}

}  // namespace gantry::document
