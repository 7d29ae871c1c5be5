// Rows of text in aligned columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace gantry::cli {

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;

  Cell(std::string content, Colour in = Colour::kNone) : text(std::move(content)), colour(in) {}
  Cell(const char* content) : text(content) {}
};
using Row = std::vector<Cell>;

/// How many columns a terminal needs for it: one a character, none for a combining mark, two for a
/// wide one.
[[nodiscard]] std::size_t width(std::string_view text);
/// A line a row, columns two spaces apart, no spaces at a line's end. A header is a row like the
/// others.
[[nodiscard]] std::string table(const std::vector<Row>& rows, const Console& console);

}  // namespace gantry::cli
