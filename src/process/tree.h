// Process trees, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/file.h"

namespace gantry::process {

/// What /proc/PID/stat says.
struct ProcessStat {
  pid_t pid = 0;
  char state = '?';  ///< 'Z' zombie, 'X' dead, …
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t started = 0;  ///< clock ticks since boot
};

/// Nothing when `text` is not such a line. The name in it may hold anything, ')' too.
[[nodiscard]] std::optional<ProcessStat> parse_stat(std::string_view text);
[[nodiscard]] std::optional<ProcessStat> read_stat(pid_t pid, const std::string& proc = "/proc");
/// Every process there is. What starts or ends meanwhile may be missing or stale.
[[nodiscard]] std::vector<ProcessStat> all_processes(const std::string& proc = "/proc");

/// A pidfd: readable once the process ended. Without one (errno says why) when there is none.
[[nodiscard]] base::Fd open_process(pid_t pid);

/// The children of `root`, theirs, and so on, parents first; without the `spared` and what is below
/// them alone. By /proc/PID/task/*/children, or by the parents that all processes name where the
/// kernel has no such file.
[[nodiscard]] std::vector<pid_t> descendants(pid_t root,
                                             const std::unordered_set<pid_t>& spared = {},
                                             const std::string& proc = "/proc");

/// SIGTERM to each descendant of this process, once. A stopped one is continued, so that it can
/// end.
void terminate_descendants();

/// SIGKILL to these processes and to their process groups, save this process's own group. A group
/// is hit at once, so one that keeps forking is ended whole. Each pid must be a descendant of this
/// process: as its tree leads sessions of its own, none of their groups has a stranger in it.
void kill_all(const std::vector<pid_t>& processes);

}  // namespace gantry::process
