#include "document/node.h"

#include <algorithm>
#include <utility>

namespace gantry::document {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kBool:
      return "a truth value";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "text";
    case Kind::kSequence:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "unknown";
}

Node::Node() = default;
Node::Node(Kind of, Mark at, std::string scalar) : kind(of), mark(at), text(std::move(scalar)) {}

bool Node::is_scalar() const {
  return kind == Kind::kBool || kind == Kind::kNumber || kind == Kind::kString;
}

std::optional<bool> Node::boolean() const {
  if (kind != Kind::kBool) return std::nullopt;
  return text.front() == 't' || text.front() == 'T';
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

}  // namespace gantry::document
