// Text: splitting, trimming, comparing, escaping, and the nearest known word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::base {

[[nodiscard]] std::string_view trim(std::string_view text);  ///< spaces and tabs (HTTP's OWS)
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);  ///< ASCII only
[[nodiscard]] std::string to_lower(std::string_view text);           ///< ASCII only
/// Runs in the time of `given`'s length, whatever it holds: for secrets.
[[nodiscard]] bool equals_constant_time(std::string_view given, std::string_view expected);
/// The candidate within an edit distance of a third of the word (2 at the least), if any: for "did
/// you mean".
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);
/// `text` as the inside of a JSON string; what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_escape(std::string_view text);
[[nodiscard]] std::string json_quote(std::string_view text);  ///< with its quotation marks
[[nodiscard]] std::optional<unsigned long long> parse_number(
    std::string_view text);  ///< digits alone
/// RFC 3986: all but unreserved characters as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace gantry::base
