// Time: the monotonic clock of deadlines, and durations as people write them ("100ms", "10m").
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::base {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Millis = std::chrono::milliseconds;

/// "250ms", "30s", "10m", "2h", "1d", "1h30m", "0". Error: kInvalid with the forms that are read.
[[nodiscard]] Result<Millis> parse_duration(std::string_view text);
/// The shortest exact form: 90000 → "1m30s".
[[nodiscard]] std::string format_duration(Millis span);
/// RFC 3339 in UTC with milliseconds: "2026-11-21T17:12:33.123Z".
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point at);

/// "4MiB", "512KiB", "1GiB", "4096" (bytes), "10MB". Error: kInvalid with the forms that are read.
[[nodiscard]] Result<std::size_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::size_t bytes);

}  // namespace gantry::base
