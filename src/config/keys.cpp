#include "config/keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace gantry::config {
namespace {

/// "limits.body" below "limits" is "body"; nothing where `key` is not below.
std::string_view step_below(std::string_view key, std::string_view prefix) {
  if (prefix.empty()) return key.substr(0, key.find('.'));
  if (!key.starts_with(prefix) || key.size() <= prefix.size() || key[prefix.size()] != '.')
    return {};
  return step_below(key.substr(prefix.size() + 1), {});
}

bool contains(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

bool is_group(const KeySet& keys, std::string_view key) {
  return std::ranges::any_of(keys.leaves,
                             [&](auto leaf) { return !step_below(leaf, key).empty(); });
}

std::string hint_for(std::string_view word, std::string_view prefix, const KeySet& keys) {
  const auto same = std::ranges::find(keys.synonyms, word, &Synonym::word);
  if (same != keys.synonyms.end()) return fmt::format("did you mean '{}'?", same->key);
  std::vector<std::string_view> here;
  for (const auto leaf : keys.leaves) {
    const auto step = step_below(leaf, prefix);
    if (!step.empty() && !contains(here, step)) here.push_back(step);
  }
  auto hint = suggest(word, here);
  return hint.empty() ? fmt::format("known here: {}", fmt::join(here, ", ")) : hint;
}

struct Walk {
  std::string_view name;
  const KeySet& keys;
  Scope& scope;
  const Leaf& leaf;

  [[nodiscard]] std::string path(std::string_view key) const {
    return name.empty() ? std::string(key) : fmt::format("{}.{}", name, key);
  }

  void section(const document::Node& node, std::string_view prefix) const {
    for (const auto& entry : node.entries) {
      const auto key = prefix.empty() ? entry.key : fmt::format("{}.{}", prefix, entry.key);
      const bool dotted =
          entry.key.contains('.');  // "limits.body" as one word would be a second way to say it
      if (dotted) {
        scope.problem(entry.mark, fmt::format("unknown key '{}'", entry.key),
                      hint_for(entry.key, prefix, keys));
      } else if (contains(keys.leaves, key)) {
        leaf(key, entry.value);
      } else if (contains(keys.later, key)) {
        scope.problem(entry.mark, fmt::format("{}: not available yet", path(key)),
                      "leave it out for now");
      } else if (is_group(keys, key)) {
        if (scope.is_mapping(entry.value, path(key))) section(entry.value, key);
      } else {
        scope.problem(entry.mark, fmt::format("unknown key '{}'", entry.key),
                      hint_for(entry.key, prefix, keys));
      }
    }
  }
};

}  // namespace

std::string suggest(std::string_view word, std::span<const std::string_view> known) {
  const auto near = base::nearest(word, known);
  return near ? fmt::format("did you mean '{}'?", *near) : "";
}

void walk(const document::Node& section, std::string_view name, const KeySet& keys, Scope& scope,
          const Leaf& leaf) {
  Walk{name, keys, scope, leaf}.section(section, {});
}

}  // namespace gantry::config
