#include "document/core_schema.h"

#include <algorithm>
#include <array>

namespace gantry::document {
namespace {

constexpr std::string_view kDigits = "0123456789";

template <std::size_t Count>
bool is_one_of(std::string_view text, const std::array<std::string_view, Count>& words) {
  return std::ranges::find(words, text) != words.end();
}

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

void drop_sign(std::string_view& text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
}

/// `\.[0-9]+ | [0-9]+(\.[0-9]*)?` and an exponent, without the sign.
bool is_decimal(std::string_view text) {
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    auto exponent = text.substr(e + 1);
    drop_sign(exponent);
    if (!only(exponent, kDigits)) return false;
    text = text.substr(0, e);
  }
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return only(text, kDigits);
  const auto whole = text.substr(0, dot);
  const auto part = text.substr(dot + 1);
  if (whole.empty()) return only(part, kDigits);
  return only(whole, kDigits) && (part.empty() || only(part, kDigits));
}

bool is_number(std::string_view text) {
  if (text.starts_with("0o")) return only(text.substr(2), "01234567");
  if (text.starts_with("0x")) return only(text.substr(2), "0123456789abcdefABCDEF");
  if (is_one_of(text, std::array<std::string_view, 3>{".nan", ".NaN", ".NAN"})) return true;
  drop_sign(text);
  if (is_one_of(text, std::array<std::string_view, 3>{".inf", ".Inf", ".INF"})) return true;
  return is_decimal(text);
}

}  // namespace

Kind plain_kind(std::string_view text) {
  constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 6> kBools = {"true",  "True",  "TRUE",
                                                      "false", "False", "FALSE"};
  if (is_one_of(text, kNulls)) return Kind::kNull;
  if (is_one_of(text, kBools)) return Kind::kBool;
  return is_number(text) ? Kind::kNumber : Kind::kString;
}

}  // namespace gantry::document
