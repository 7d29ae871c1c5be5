// The text of a JSON string: its escapes decoded. (decode_string, the usual way in, is in
// mcp/envelope.h.)
#pragma once

#include <string_view>

namespace gantry::mcp {

/// Decodes what stands between the quotation marks of a string and writes it at `out`, which has
/// room for `body.size()` bytes (the text is never longer); returns the place after it. A lone
/// surrogate becomes U+FFFD. Of a body that is not legal JSON the result is some text, never more
/// than that room.
char* decode_body(std::string_view body, char* out);

/// The value of a hexadecimal digit, negative where it is none.
[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace gantry::mcp
