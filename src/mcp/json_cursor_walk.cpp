#include <fmt/format.h>

#include <algorithm>

#include "mcp/json_cursor.h"
#include "mcp/json_string.h"

namespace gantry::mcp {
namespace {

bool starts_value(char c) {
  return std::string_view("{[\"-0123456789tfn").find(c) != std::string_view::npos;
}

/// A byte as a reason names it: printable ASCII in quotes, else its number.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7F) return fmt::format("character '{}'", c);
  return fmt::format("byte 0x{:02x}", byte);
}

}  // namespace

JsonCursor::JsonCursor(std::string_view bytes, std::size_t depth)
    : begin_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      p_(begin_),
      most_depth_(std::min(depth, ScanLimits::kMostDepth)) {}

JsonType JsonCursor::type() const {
  switch (p_ == end_ ? '\0' : *p_) {
    case '"':
      return JsonType::kString;
    case '{':
      return JsonType::kObject;
    case '[':
      return JsonType::kArray;
    case 'n':
      return JsonType::kNull;
    case 't':
    case 'f':
      return JsonType::kWord;
    default:
      return JsonType::kNumber;
  }
}

bool JsonCursor::value() {
  const char* p = skip_value(p_);
  if (p == nullptr) return false;
  p_ = p;
  return true;
}

bool JsonCursor::value(JsonType& type) {
  type = this->type();
  if (type != JsonType::kNumber) return value();
  bool integer = false;
  const char* p = skip_number(p_, integer);
  if (p == nullptr) return false;
  if (integer) type = JsonType::kInteger;
  p_ = p;
  return true;
}

bool JsonCursor::finish() {
  space();
  if (p_ == end_) return true;
  fail(starts_value(*p_) ? Fault::kSecond : Fault::kCharacter, p_);
  return false;
}

JsonCursor::Step JsonCursor::enter() {
  const char* p = open(p_);
  if (p == nullptr) return Step::kFailed;
  p_ = p;
  if (!at(in_object() ? '}' : ']')) return Step::kNext;
  ++p_;
  --depth_;
  return Step::kDone;
}

JsonCursor::Step JsonCursor::next() {
  space();
  if (at(',')) {
    ++p_;
    space();
    return Step::kNext;
  }
  if (!at(in_object() ? '}' : ']')) {
    unexpected(p_);
    return Step::kFailed;
  }
  ++p_;
  --depth_;
  return Step::kDone;
}

bool JsonCursor::key(std::string_view& text) {
  escaped_ = false;
  const char* start = p_ + 1;
  const char* p = skip_key(p_);
  if (p == nullptr) return false;
  p_ = p;
  const auto body = std::string_view(start, static_cast<std::size_t>(key_end_ - start));
  text = body;
  if (!escaped_) return true;
  // A body longer than the room is no key that anyone looks for.
  text = {};
  if (body.size() > key_.size()) return true;
  text = std::string_view(key_.data(), decode_body(body, key_.data()));
  return true;
}

std::string JsonCursor::reason() const {
  const auto at = fault_at_ - begin_;
  switch (fault_) {
    case Fault::kNone:
      break;
    case Fault::kCharacter:
      return fmt::format("unexpected {} at {}", shown(*fault_at_), at);
    case Fault::kEnd:
      return std::all_of(begin_, end_, [](char c) { return static_cast<unsigned char>(c) <= ' '; })
                 ? "the text is empty"
                 : "the text ends too early";
    case Fault::kEndInString:
      return "the text ends inside a string";
    case Fault::kUtf8:
      return fmt::format("invalid UTF-8 at {}", at);
    case Fault::kControl:
      return fmt::format("raw control {} in a string at {}", shown(*fault_at_), at);
    case Fault::kEscape:
      return fmt::format("illegal escape at {}", at);
    case Fault::kSecond:
      return fmt::format("a second document follows at {}", at);
    case Fault::kDepth:
      return fmt::format("limits.depth: nested deeper than {}", most_depth_);
  }
  return "no fault";
}

Refusal JsonCursor::refusal() const {
  return {.code = fault_ == Fault::kDepth ? -32600 : -32700,
          .reason = reason(),
          .offset = static_cast<std::size_t>(fault_at_ - begin_),
          .id = {}};
}

}  // namespace gantry::mcp
