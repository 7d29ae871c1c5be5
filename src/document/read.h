// Reads a document: YAML 1.2, or JSON with comments and trailing commas.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "document/node.h"

namespace gantry::document {

/// Why a text is no document, and where.
struct Fault {
  Mark mark;
  std::string message;
  std::string hint;
};
template <typename T>
using Read = std::expected<T, Fault>;

enum class Format : std::uint8_t { kYaml, kJson };

struct Document {
  Node root;
  Format format = Format::kYaml;
};

/// JSON where the first character that is neither white space nor a comment is `{` and the file is
/// not called .yaml or .yml; else YAML. A byte order mark is skipped. The text must be UTF-8.
[[nodiscard]] Read<Document> read(std::string_view text, std::string_view file_name);

/// JSON, with `//` and `/* */` comments and trailing commas. Refused: duplicate keys, lone
/// surrogates, anything after the document, nesting beyond kMostDepth.
[[nodiscard]] Read<Node> read_json(std::string_view text);

/// One YAML 1.2 document with the core schema: `on`, `off`, `yes` and `no` are text. Aliases are
/// copied, within a bound. Refused: duplicate keys, merge keys (`<<`), keys that are no scalar,
/// unknown tags, several documents. An empty text is null.
[[nodiscard]] Read<Node> read_yaml(std::string_view text);

}  // namespace gantry::document
