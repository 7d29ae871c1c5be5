#include "cli/table.h"

#include <algorithm>

namespace gantry::cli {
namespace {

/// Takes one character off the front; a byte that is not UTF-8 counts as one.
char32_t take(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  if (first >= 0xF0) {
    length = 4;
  } else if (first >= 0xE0) {
    length = 3;
  } else if (first >= 0xC0) {
    length = 2;
  }
  length = std::min(length, text.size());
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(length);
  return point;
}

// wcwidth depends on the locale, which the program leaves at "C": the wide blocks by hand.
std::size_t columns_of(char32_t point) {
  if (point >= 0x0300 && point <= 0x036F) return 0;
  if (point == 0x200B || point == 0x200D || (point >= 0xFE00 && point <= 0xFE0F)) return 0;
  const bool wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
                    (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                    (point >= 0xFF00 && point <= 0xFF60) ||
                    (point >= 0x1F300 && point <= 0x1FAFF) ||
                    (point >= 0x20000 && point <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += columns_of(take(text));
  return columns;
}

std::string table(const std::vector<Row>& rows, const Console& console) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string out;
  for (const auto& row : rows) {
    std::size_t owed = 0;  // spaces are written before the next text, so none stand at the end
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        out.append(owed, ' ').append(console.painted(row[i].colour, row[i].text));
        owed = 0;
      }
      owed += widths[i] - width(row[i].text) + 2;
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace gantry::cli
