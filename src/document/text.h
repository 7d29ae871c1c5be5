// The text under a document: is it UTF-8, which line and column is a byte.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "document/node.h"

namespace gantry::document {

/// The offset of the first byte that is not part of well-formed UTF-8.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text);
/// The place of the byte at `offset`.
[[nodiscard]] Mark mark_at(std::string_view text, std::size_t offset);
/// The text of one line, without its end; empty beyond the last.
[[nodiscard]] std::string_view line_at(std::string_view text, std::uint32_t line);
/// A character's bytes.
void append_utf8(std::string& out, std::uint32_t character);

}  // namespace gantry::document
