#include "base/random.h"

#include <sys/random.h>

#include <random>
#include <string_view>
#include <vector>

#include "base/assert.h"

namespace gantry::base {
namespace {
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

std::string random_token(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  GANTRY_ASSERT(bytes <= 256 && getrandom(raw.data(), bytes, 0) == static_cast<ssize_t>(bytes));
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const auto byte : raw) {
    bits = (bits << 8U) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(kAlphabet[(bits >> held) & 63U]);
    }
  }
  if (held > 0) out.push_back(kAlphabet[(bits << (6 - held)) & 63U]);
  return out;
}

std::uint64_t random_below(std::uint64_t below) {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return below == 0 ? 0 : std::uniform_int_distribution<std::uint64_t>(0, below - 1)(engine);
}

}  // namespace gantry::base
