// Just enough JSON to echo: the raw tokens of an object's members. Strings and nesting are skipped
// by the grammar, so no argument text can be taken for a key; keys written with escapes are not
// recognised.
#pragma once

#include <cstddef>
#include <string_view>

namespace gantry::bench {

inline constexpr std::size_t kCut = std::string_view::npos;

[[nodiscard]] inline std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) {
    ++at;
  }
  return at;
}

/// `at` stands on the opening quotation mark; gives the place after the closing one, or kCut.
[[nodiscard]] inline std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return kCut;
}

/// `at` stands on a value's first byte; gives the place after its last one, or kCut.
[[nodiscard]] inline std::size_t skip_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (at == kCut || depth == 0) return at;
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      ++at;
      if (--depth == 0) return at;
    } else if (depth == 0) {
      const std::size_t end = text.find_first_of(",}] \t\r\n", at);
      return end == kCut ? text.size() : end;
    } else {
      ++at;
    }
  }
  return kCut;
}

/// Calls `each(key, value)` with the raw tokens (the key without its marks); false when `object` is
/// none.
template <typename Each>
bool for_each_member(std::string_view object, Each each) {
  std::size_t at = skip_space(object, 0);
  if (at >= object.size() || object[at] != '{') return false;
  at = skip_space(object, at + 1);
  if (at < object.size() && object[at] == '}') return true;
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = skip_string(object, at);
    if (key_end == kCut) return false;
    const std::string_view key = object.substr(at + 1, key_end - at - 2);
    at = skip_space(object, key_end);
    if (at >= object.size() || object[at] != ':') return false;
    const std::size_t value = skip_space(object, at + 1);
    const std::size_t value_end = skip_value(object, value);
    if (value_end == kCut || value_end == value) return false;
    each(key, object.substr(value, value_end - value));
    at = skip_space(object, value_end);
    if (at < object.size() && object[at] == '}') return true;
    if (at >= object.size() || object[at] != ',') return false;
    at = skip_space(object, at + 1);
  }
  return false;
}

/// The raw value of `key`, empty when there is none.
[[nodiscard]] inline std::string_view member(std::string_view object, std::string_view key) {
  std::string_view found;
  for_each_member(object, [&](std::string_view name, std::string_view value) {
    if (name == key) found = value;
  });
  return found;
}

}  // namespace gantry::bench
