// The scanner's verdict on documents from stdin, for differential.mjs: each comes as its length
// (four bytes, little endian) and its bytes. Written for each: '0' refused, '1' a document, 'S' a
// document that is one string, followed by the length and the bytes of its decoded text.
#include <cstdint>
#include <cstdio>
#include <string>

#include "mcp/envelope.h"

namespace {

using gantry::mcp::ScanLimits;

constexpr std::uint32_t kMost = 1U << 28U;

bool read_length(std::uint32_t& length) {
  unsigned char bytes[4];
  if (std::fread(bytes, 1, sizeof bytes, stdin) != sizeof bytes) return false;
  length = 0;
  for (int i = 3; i >= 0; --i) length = length << 8U | bytes[i];
  return true;
}

void write_text(std::string_view text) {
  std::putchar('S');
  for (unsigned shift = 0; shift < 32; shift += 8) {
    std::putchar(static_cast<int>(text.size() >> shift & 0xFFU));
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void judge(std::string_view document) {
  const ScanLimits limits{.depth = ScanLimits::kMostDepth, .bytes = kMost};
  if (!gantry::mcp::check_json(document, limits)) {
    std::putchar('0');
    return;
  }
  const auto begin = document.find_first_not_of(" \t\r\n");
  const auto end = document.find_last_not_of(" \t\r\n") + 1;
  if (document[begin] != '"') {
    std::putchar('1');
    return;
  }
  write_text(gantry::mcp::decode_string(document.substr(begin, end - begin)));
}

}  // namespace

int main() {
  std::uint32_t length = 0;
  std::string buffer;
  while (read_length(length)) {
    if (length > kMost) return 2;
    buffer.resize(length);
    if (std::fread(buffer.data(), 1, length, stdin) != length) return 2;
    judge(buffer);
  }
  return std::fflush(stdout) == 0 ? 0 : 2;
}
