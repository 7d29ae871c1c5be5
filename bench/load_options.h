// What bench_load is told.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "client.h"

namespace gantry::bench {

struct Options {
  Target target;
  std::size_t connections = 1;
  double seconds = 2;
  double warm_up = 0.3;             ///< seconds that do not count
  std::uint64_t calls = 1'000'000;  ///< ends the load, if they are made earlier
  bool with_session = true;
  std::vector<pid_t> pids;  ///< whose processor time is measured
};

inline constexpr std::string_view kUsage =
    "usage: bench_load --url HOST:PORT/PATH [--connections N] [--seconds S] [--warm-up S]\n"
    "                  [--calls N] [--tool NAME] [--payload BYTES] [--no-session]\n"
    "                  [--pid PID[,PID...]]\n";

/// Nothing where the arguments are not as kUsage says.
[[nodiscard]] std::optional<Options> read_options(int argc, char** argv);

}  // namespace gantry::bench
