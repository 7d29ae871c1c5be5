// A document as a tree: what YAML and JSON have in common, and where each piece stands in the file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::document {

/// A place in the text, counted from 1; columns count characters, not bytes.
struct Mark {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kSequence, kMapping };
/// "text", "a number", "a list": for messages.
[[nodiscard]] std::string_view kind_name(Kind kind);

struct Entry;

/// A scalar keeps its text as it was written (escapes decoded), so that 010 or 1e3 lose nothing.
/// No node is nested deeper than `kMostDepth`.
struct Node {
  Kind kind = Kind::kNull;
  Mark mark;
  std::string text;            ///< scalars
  bool quoted = false;         ///< scalars: stood in quotation marks, or is a block of text
  std::vector<Node> items;     ///< sequences
  std::vector<Entry> entries;  ///< mappings, in the file's order, no key twice

  Node();
  explicit Node(Kind of, Mark at, std::string scalar = {});

  /// Text, a number or a truth value; null is none.
  [[nodiscard]] bool is_scalar() const;
  /// Nothing where this is no truth value.
  [[nodiscard]] std::optional<bool> boolean() const;
  /// The value of a mapping's key; nullptr where there is none.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Mark mark;  ///< of the key; the value has its own
  Node value;
};

inline constexpr std::size_t kMostDepth = 128;

}  // namespace gantry::document
