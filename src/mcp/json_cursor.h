// A strict reader that goes once over a JSON text (RFC 8259) and never allocates: grammar, UTF-8,
// escapes and depth are proved on the way. It builds nothing; who walks with it takes the
// positions. A step that fails leaves a fault behind and every caller returns false at once;
// refusal() then says what was wrong and where.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mcp/envelope.h"

namespace gantry::mcp {

enum class JsonType : std::uint8_t {
  kString,
  kInteger,  ///< a number without fraction and exponent
  kNumber,   ///< any other number
  kObject,
  kArray,
  kWord,  ///< true, false
  kNull,
};

class JsonCursor {
 public:
  /// `bytes` outlive the cursor; at most UINT32_MAX - 1 of them. A `depth` past
  /// ScanLimits::kMostDepth counts as that.
  JsonCursor(std::string_view bytes, std::size_t depth);

  /// Skips white space.
  void space() { p_ = skip_space(p_); }
  /// What starts here (white space was skipped), by its first character; a number is kNumber.
  [[nodiscard]] JsonType type() const;
  /// Reads one whole value, however deep, without recursion; `type` is then exact.
  bool value(JsonType& type);
  bool value();
  /// Reads the object that starts here: `member(key)` is called before each value and must read it.
  /// The key has its escapes decoded and is valid until the next one; one that is escaped and very
  /// long is given as empty.
  template <typename Member>
  bool object(Member&& member);
  /// Reads the array that starts here: `element()` is called before each value and must read it.
  template <typename Element>
  bool array(Element&& element);
  /// Nothing but white space may follow.
  bool finish();

  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(p_ - begin_); }
  [[nodiscard]] bool at(char c) const { return p_ != end_ && *p_ == c; }
  [[nodiscard]] bool raw_newline() const { return raw_newline_; }
  /// Why the last step failed, and where.
  [[nodiscard]] Refusal refusal() const;

 private:
  enum class Fault : std::uint8_t {
    kNone,
    kCharacter,
    kEnd,
    kEndInString,
    kUtf8,
    kControl,
    kEscape,
    kSecond,
    kDepth,
  };
  enum class Step : std::uint8_t { kNext, kDone, kFailed };  ///< the container goes on, or ended
  /// Room for the longest known key with each of its characters written as \uXXXX.
  static constexpr std::size_t kKeyRoom = 256;

  Step enter();
  Step next();
  bool key(std::string_view& text);

  // These take and give the position, so that it stays in a register; nullptr: a fault.
  const char* skip_space(const char* p);
  const char* skip_string(const char* p);
  const char* skip_escape(const char* p);
  const char* skip_number(const char* p, bool& integer);
  const char* skip_digits(const char* p);
  const char* skip_word(const char* p, std::string_view word);
  const char* skip_scalar(const char* p);
  const char* skip_key(const char* p);
  const char* skip_value(const char* p);
  const char* skip_closings(const char* p, std::size_t base);
  const char* open(const char* p);
  const char* fail(Fault fault, const char* p);
  const char* unexpected(const char* p);

  [[nodiscard]] bool in_object() const {
    return ((objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64)) & 1U) != 0;
  }
  [[nodiscard]] std::string reason() const;

  const char* begin_;
  const char* end_;
  const char* p_;
  std::size_t depth_ = 0;
  std::size_t most_depth_;
  const char* key_end_ = nullptr;  ///< the closing quotation mark of the key read last
  const char* fault_at_ = nullptr;
  Fault fault_ = Fault::kNone;
  bool raw_newline_ = false;
  bool escaped_ = false;  ///< the string read last has an escape
  std::array<std::uint64_t, ScanLimits::kMostDepth / 64>
      objects_{};                   ///< by depth: 1 object, 0 array
  std::array<char, kKeyRoom> key_;  ///< the key with its escapes decoded
};

template <typename Member>
bool JsonCursor::object(Member&& member) {
  std::string_view text;
  Step step = enter();
  while (step == Step::kNext) {
    if (!key(text) || !member(text)) return false;
    step = next();
  }
  return step == Step::kDone;
}

template <typename Element>
bool JsonCursor::array(Element&& element) {
  Step step = enter();
  while (step == Step::kNext) {
    if (!element()) return false;
    step = next();
  }
  return step == Step::kDone;
}

}  // namespace gantry::mcp
