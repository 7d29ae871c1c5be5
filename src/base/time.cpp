#include "base/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace gantry::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array kDurations = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                   Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::array kSizes = {Unit{"GiB", 1ULL << 30U},
                               Unit{"MiB", 1ULL << 20U},
                               Unit{"KiB", 1ULL << 10U},
                               Unit{"GB", 1'000'000'000},
                               Unit{"MB", 1'000'000},
                               Unit{"KB", 1000},
                               Unit{"B", 1}};
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max() / 2;

/// Reads a number and a unit off the front of `text`; a number alone has the factor `bare`.
std::optional<std::uint64_t> take(std::string_view& text, std::span<const Unit> units,
                                  std::uint64_t bare) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  const auto name = text.substr(0, text.find_first_of("0123456789"));
  std::uint64_t factor =
      name.empty() && (bare != 0 || number == 0) ? std::max<std::uint64_t>(bare, 1) : 0;
  for (const auto& unit : units) {
    if (unit.name == name) factor = unit.factor;
  }
  if (factor == 0 || number > kMost / factor) return std::nullopt;
  text.remove_prefix(name.size());
  return number * factor;
}

}  // namespace

Result<Millis> parse_duration(std::string_view text) {
  const auto bad = [whole = text] {
    return fail(Code::kInvalid, fmt::format("'{}' is not a duration", whole),
                "write 250ms, 30s, 10m, 2h or 1h30m");
  };
  if (text.empty()) return bad();
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto part = take(text, kDurations, 0);
    if (!part || *part > kMost - total) return bad();
    total += *part;
  }
  return Millis(total);
}

std::string format_duration(Millis span) {
  auto left = static_cast<std::uint64_t>(span.count());
  if (left == 0) return "0s";
  std::string out;
  for (const auto& unit : kDurations) {
    if (left >= unit.factor)
      fmt::format_to(std::back_inserter(out), "{}{}", left / unit.factor, unit.name);
    left %= unit.factor;
  }
  return out;
}

std::string timestamp(std::chrono::system_clock::time_point at) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  const auto part = std::chrono::duration_cast<Millis>(at - whole).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), part);
}

Result<std::size_t> parse_size(std::string_view text) {
  auto rest = text;
  const auto bytes = take(rest, kSizes, 1);
  if (!bytes || !rest.empty()) {
    return fail(Code::kInvalid, fmt::format("'{}' is not a size", text),
                "write 4MiB, 512KiB, 10MB or a number of bytes");
  }
  return *bytes;
}

std::string format_size(std::size_t bytes) {
  for (const auto& unit : std::span(kSizes).first(3)) {
    if (bytes >= unit.factor && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return fmt::format("{}", bytes);
}

}  // namespace gantry::base
