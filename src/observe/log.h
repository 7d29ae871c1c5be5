// The structured log: one event name that is a constant, and key/values. One JSON object a line on
// stderr; text on a terminal.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gantry::observe {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : std::uint8_t { kText, kJson };

/// A key with its value: text is quoted, numbers and truth values are not.
struct Field {
  std::string_view key;
  std::string value;
  bool quoted = true;

  template <typename T>
  Field(std::string_view name, T&& given) : key(name) {
    using Plain = std::remove_cvref_t<T>;
    if constexpr (std::same_as<Plain, bool>) {
      value = given ? "true" : "false";
      quoted = false;
    } else if constexpr (std::integral<Plain>) {
      value = std::to_string(given);
      quoted = false;
    } else {
      value = std::string(std::forward<T>(given));
    }
  }
};

/// Before the first thread. The default is info, text.
void configure(Level least, Format format);
/// stderr is this file: once it is over `most` bytes it becomes FILE.1 (FILE.1 becomes FILE.2, …,
/// `kept` of them) and a new one begins. Before the first thread.
void rotate(std::string file, std::size_t most, unsigned kept);
/// Any thread; one write(2) a record. Names are `noun.verb`: "server.started".
void log(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::kWarn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::kError, event, fields);
}

}  // namespace gantry::observe
