// One row, one setting: how it is called in the file and in the environment, read, checked and
// shown. The readers of the file, the environment and the flags, `config show` and the reference
// page go by these rows.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/strings.h"
#include "base/time.h"

namespace gantry::config {

template <typename Target>
struct Row {
  std::string_view key;       ///< below its section: "limits.body"
  std::string_view variable;  ///< GANTRY_LIMITS_BODY; empty where there is none
  std::string_view says;      ///< one sentence, for the reference and --help
  base::Result<> (*put)(Target&, std::string_view);  ///< a list: adds one item
  std::string (*print)(const Target&);
  void (*clear)(Target&) = nullptr;  ///< of lists: before the first item
  [[nodiscard]] bool is_list() const { return clear != nullptr; }
};

[[nodiscard]] inline base::Result<> out_of_range(std::string_view text, std::string_view least,
                                                 std::string_view most) {
  return base::fail(base::Code::kInvalid, fmt::format("'{}' is out of range", text),
                    fmt::format("between {} and {}", least, most));
}

// `Field` is a captureless lambda from the target to its member.

template <typename Target, auto Field, unsigned long long Least, unsigned long long Most>
constexpr Row<Target> size_row(std::string_view key, std::string_view variable,
                               std::string_view says) {
  return {key, variable, says,
          [](Target& target, std::string_view text) -> base::Result<> {
            const auto size = GANTRY_TRY(base::parse_size(text));
            if (size < Least || size > Most) {
              return out_of_range(text, base::format_size(Least), base::format_size(Most));
            }
            Field(target) = size;
            return {};
          },
          [](const Target& target) { return base::format_size(Field(target)); }};
}

template <typename Target, auto Field, unsigned long long Least, unsigned long long Most>
constexpr Row<Target> number_row(std::string_view key, std::string_view variable,
                                 std::string_view says) {
  return {key, variable, says,
          [](Target& target, std::string_view text) -> base::Result<> {
            const auto number = base::parse_number(text);
            if (!number)
              return base::fail(base::Code::kInvalid,
                                fmt::format("'{}' is not a whole number", text));
            if (*number < Least || *number > Most) {
              return out_of_range(text, std::to_string(Least), std::to_string(Most));
            }
            Field(target) = static_cast<std::remove_reference_t<decltype(Field(target))>>(*number);
            return {};
          },
          [](const Target& target) { return std::to_string(Field(target)); }};
}

/// In milliseconds.
template <typename Target, auto Field, long long Least, long long Most>
constexpr Row<Target> duration_row(std::string_view key, std::string_view variable,
                                   std::string_view says) {
  return {key, variable, says,
          [](Target& target, std::string_view text) -> base::Result<> {
            const auto span = GANTRY_TRY(base::parse_duration(text));
            if (span.count() < Least || span.count() > Most) {
              return out_of_range(text, base::format_duration(base::Millis(Least)),
                                  base::format_duration(base::Millis(Most)));
            }
            Field(target) = span;
            return {};
          },
          [](const Target& target) { return base::format_duration(Field(target)); }};
}

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

/// `Words` is an array of Word, in the order in which a message lists them.
template <typename Target, auto Field, const auto& Words>
constexpr Row<Target> word_row(std::string_view key, std::string_view variable,
                               std::string_view says) {
  return {key, variable, says,
          [](Target& target, std::string_view text) -> base::Result<> {
            std::string known;
            for (const auto& each : Words) {
              if (each.word == text) return Field(target) = each.value, base::Result<>();
              known.append(known.empty() ? "" : ", ").append(each.word);
            }
            return base::fail(base::Code::kInvalid, fmt::format("'{}' is not known", text),
                              fmt::format("one of {}", known));
          },
          [](const Target& target) {
            for (const auto& each : Words) {
              if (each.value == Field(target)) return std::string(each.word);
            }
            return std::string();
          }};
}

/// `Check` refuses an item or gives it as it is kept.
template <typename Target, auto Field, auto Check>
constexpr Row<Target> texts_row(std::string_view key, std::string_view variable,
                                std::string_view says) {
  return {key,
          variable,
          says,
          [](Target& target, std::string_view text) -> base::Result<> {
            Field(target).push_back(GANTRY_TRY(Check(text)));
            return {};
          },
          [](const Target& target) { return base::join(Field(target), ", "); },
          [](Target& target) { Field(target).clear(); }};
}

}  // namespace gantry::config
