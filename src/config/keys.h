// The keys that a section knows, those that come later, and what a wrong one was meant to be.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "config/scope.h"

namespace gantry::config {

/// A word of another program for a key of ours.
struct Synonym {
  std::string_view word;
  std::string_view key;
};

/// Keys as paths below the section: "limits.body". A leaf's value is read by whoever walks.
struct KeySet {
  std::vector<std::string_view> leaves;
  std::span<const std::string_view> later = {};  ///< refused by name: "not available yet"
  std::span<const Synonym> synonyms = {};
};

using Leaf = std::function<void(std::string_view key, const document::Node& value)>;

/// Calls `leaf` for each known key in the file's order; the others are problems. `name`: "gateway";
/// empty at the top.
void walk(const document::Node& section, std::string_view name, const KeySet& keys, Scope& scope,
          const Leaf& leaf);

/// "did you mean 'command'?", or nothing.
[[nodiscard]] std::string suggest(std::string_view word, std::span<const std::string_view> known);

}  // namespace gantry::config
