#include "mcp/json_string.h"

#include <cstdint>
#include <cstring>

#include "mcp/envelope.h"
#include "mcp/utf8.h"

namespace gantry::mcp {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::uint32_t kNoUnit = 0x110000;

/// The code unit of the \uXXXX that `text` starts with, or kNoUnit.
std::uint32_t unit_of(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return kNoUnit;
  std::uint32_t unit = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = hex_value(c);
    if (digit < 0) return kNoUnit;
    unit = unit << 4U | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

bool is_high(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

/// Decodes the escape that `text` starts with; returns how many bytes of it were read.
std::size_t decode_escape(std::string_view text, char*& out) {
  const auto unit = unit_of(text);
  if (unit == kNoUnit) {
    if (text.size() > 1) *out++ = simple_escape(text[1]);
    return text.size() > 1 ? 2 : 1;
  }
  if (is_high(unit)) {
    const auto low = unit_of(text.substr(6));
    if (is_low(low)) {
      out = utf8_write(0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00), out);
      return 12;
    }
  }
  out = utf8_write(is_high(unit) || is_low(unit) ? kReplacement : unit, out);
  return 6;
}

std::string_view body_of(std::string_view token) {
  return token.size() < 2 ? std::string_view() : token.substr(1, token.size() - 2);
}

}  // namespace

char* decode_body(std::string_view body, char* out) {
  while (!body.empty()) {
    const auto plain = std::min(body.find('\\'), body.size());
    std::memcpy(out, body.data(), plain);
    out += plain;
    body.remove_prefix(plain);
    if (!body.empty()) body.remove_prefix(decode_escape(body, out));
  }
  return out;
}

std::string_view decode_string(std::string_view token, std::string& storage) {
  const auto body = body_of(token);
  if (body.find('\\') == std::string_view::npos) return body;
  storage.resize(body.size());
  storage.resize(static_cast<std::size_t>(decode_body(body, storage.data()) - storage.data()));
  return storage;
}

std::string decode_string(std::string_view token) {
  std::string storage;
  const auto text = decode_string(token, storage);
  return text.data() == storage.data() ? std::move(storage) : std::string(text);
}

}  // namespace gantry::mcp
