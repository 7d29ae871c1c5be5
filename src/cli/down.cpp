#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/time.h"
#include "cli/api.h"
#include "cli/commands.h"

namespace gantry::cli {
namespace {

using base::Result;

constexpr base::Millis kMost = std::chrono::seconds(60);

/// A descriptor that becomes readable when the process ends.
Result<base::Fd> watch(long long pid) {
  const auto fd = ::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0);
  if (fd < 0) return base::fail_errno(errno, fmt::format("cannot watch process {}", pid));
  return base::Fd(static_cast<int>(fd));
}

Result<> wait_for_end(const base::Fd& process, long long pid) {
  const auto end = base::Clock::now() + kMost;
  pollfd entry{.fd = process.number(), .events = POLLIN, .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<base::Millis>(end - base::Clock::now()).count();
    const int ready = ::poll(&entry, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return base::fail_errno(errno, "cannot wait for the gateway");
    if (ready == 0) {
      return base::fail(base::Code::kLimit,
                        fmt::format("the gateway (process {}) still runs after {}", pid,
                                    base::format_duration(kMost)),
                        fmt::format("look at its log, or end it: kill -9 {}", pid));
    }
  }
}

Result<long long> stop() {
  const auto status = GANTRY_TRY(ask_gateway("GET", "/api/v1/status"));
  const auto pid = number_at(status, "pid");
  // Watched before it is told to stop: afterwards the number may be another process's.
  const auto process = GANTRY_TRY(watch(pid));
  GANTRY_TRY(ask_gateway("POST", "/api/v1/down"));
  GANTRY_TRY(wait_for_end(process, pid));
  return pid;
}

}  // namespace

int down(const DownOptions& options, Console& console) {
  const auto pid = stop();
  if (!pid) return console.fail(pid.error());
  if (options.json) {
    console.out() << fmt::format("{{\"stopped\":true,\"pid\":{}}}\n", *pid);
  } else {
    console.note(fmt::format("the gateway (process {}) has ended, its servers too", *pid));
  }
  return 0;
}

}  // namespace gantry::cli
