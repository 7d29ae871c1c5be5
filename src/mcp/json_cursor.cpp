// The part of the reader that every byte goes through. (json_cursor_walk.cpp: what a caller steps
// with.)
#include "mcp/json_cursor.h"

#include <algorithm>
#include <cstring>

#include "mcp/json_scan.h"
#include "mcp/json_string.h"
#include "mcp/utf8.h"

namespace gantry::mcp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

const char* JsonCursor::skip_space(const char* p) {
  for (; p != end_ && static_cast<unsigned char>(*p) <= ' '; ++p) {
    if (*p == '\n' || *p == '\r') {
      raw_newline_ = true;
    } else if (*p != ' ' && *p != '\t') {
      break;
    }
  }
  return p;
}

/// From past the opening quotation mark to past the closing one.
const char* JsonCursor::skip_string(const char* p) {
  while (true) {
    p = skip_plain(p, end_);
    if (p == end_) return fail(Fault::kEndInString, p);
    const auto byte = static_cast<unsigned char>(*p);
    if (byte == '"') return p + 1;
    if (byte == '\\') {
      p = skip_escape(p);
      if (p == nullptr) return nullptr;
    } else if (byte < 0x20) {
      return fail(Fault::kControl, p);
    } else {
      // Text that is not ASCII comes in runs: no new block is loaded between its characters.
      while (p != end_ && static_cast<unsigned char>(*p) >= 0x80) {
        const auto length = utf8_length(p, end_);
        if (length == 0) return fail(Fault::kUtf8, p);
        p += length;
      }
    }
  }
}

const char* JsonCursor::skip_escape(const char* p) {
  escaped_ = true;
  if (end_ - p < 2) return fail(Fault::kEndInString, end_);
  switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return p + 2;
    case 'u':
      break;
    default:
      return fail(Fault::kEscape, p);
  }
  for (int i = 2; i < 6; ++i) {
    if (p + i == end_) return fail(Fault::kEndInString, end_);
    if (hex_value(p[i]) < 0) return fail(Fault::kEscape, p);
  }
  return p + 6;
}

const char* JsonCursor::skip_digits(const char* p) {
  if (p == end_ || !is_digit(*p)) return unexpected(p);
  while (p != end_ && is_digit(*p)) ++p;
  return p;
}

const char* JsonCursor::skip_number(const char* p, bool& integer) {
  integer = true;
  if (p != end_ && *p == '-') ++p;
  if (p != end_ && *p == '0') {
    ++p;
  } else if (p = skip_digits(p); p == nullptr) {
    return nullptr;
  }
  if (p != end_ && *p == '.') {
    integer = false;
    p = skip_digits(p + 1);
    if (p == nullptr) return nullptr;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    integer = false;
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    p = skip_digits(p);
  }
  return p;
}

const char* JsonCursor::skip_word(const char* p, std::string_view word) {
  const auto left = static_cast<std::size_t>(end_ - p);
  if (left >= word.size() && std::memcmp(p, word.data(), word.size()) == 0) return p + word.size();
  const auto [mismatch, unused] = std::mismatch(p, end_, word.begin(), word.end());
  return unexpected(mismatch);
}

const char* JsonCursor::skip_scalar(const char* p) {
  bool integer = false;
  switch (*p) {
    case '"':
      return skip_string(p + 1);
    case 't':
      return skip_word(p, "true");
    case 'f':
      return skip_word(p, "false");
    case 'n':
      return skip_word(p, "null");
    default:
      return skip_number(p, integer);
  }
}

/// From a key to its value.
const char* JsonCursor::skip_key(const char* p) {
  if (p == end_ || *p != '"') return unexpected(p);
  p = skip_string(p + 1);
  if (p == nullptr) return nullptr;
  key_end_ = p - 1;
  p = skip_space(p);
  if (p == end_ || *p != ':') return unexpected(p);
  return skip_space(p + 1);
}

/// Past the opening bracket that stands at `p`, and the white space after it.
const char* JsonCursor::open(const char* p) {
  if (depth_ == most_depth_) return fail(Fault::kDepth, p);
  const auto bit = std::uint64_t{1} << (depth_ % 64);
  auto& word = objects_[depth_ / 64];
  word = *p == '{' ? word | bit : word & ~bit;
  ++depth_;
  return skip_space(p + 1);
}

const char* JsonCursor::skip_value(const char* p) {
  const auto base = depth_;
  while (true) {
    if (p == end_) return unexpected(p);
    if (*p == '{' || *p == '[') {
      const bool object = *p == '{';
      p = open(p);
      if (p == nullptr) return nullptr;
      // An empty container is closed by skip_closings.
      if (p == end_ || *p != (object ? '}' : ']')) {
        if (object) p = skip_key(p);
        if (p == nullptr) return nullptr;
        continue;
      }
    } else {
      p = skip_scalar(p);
      if (p == nullptr) return nullptr;
    }
    p = skip_closings(p, base);
    if (p == nullptr || depth_ == base) return p;
  }
}

/// After a value: closes what ends here, then stands at the next value or, with depth_ == base,
/// past the outermost.
const char* JsonCursor::skip_closings(const char* p, std::size_t base) {
  while (depth_ != base) {
    const bool object = in_object();
    p = skip_space(p);
    if (p == end_) return unexpected(p);
    if (*p == ',') {
      p = skip_space(p + 1);
      return object ? skip_key(p) : p;
    }
    if (*p != (object ? '}' : ']')) return unexpected(p);
    ++p;
    --depth_;
  }
  return p;
}

const char* JsonCursor::fail(Fault fault, const char* p) {
  fault_ = fault;
  fault_at_ = p;
  return nullptr;
}

const char* JsonCursor::unexpected(const char* p) {
  return fail(p == end_ ? Fault::kEnd : Fault::kCharacter, p);
}

}  // namespace gantry::mcp
