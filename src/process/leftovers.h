// What a killed run left behind: each run writes down the processes it started; the next one ends
// those that still live. A process is known by its id and its start time (field 22 of
// /proc/PID/stat), so that a reused id is never hit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"

namespace gantry::process {

struct Known {
  pid_t pid = 0;
  std::uint64_t started = 0;  ///< clock ticks since boot
  std::string name;           ///< of the server, for the log
};

/// The start time of a living process (not a zombie); kNotFound else.
[[nodiscard]] base::Result<std::uint64_t> start_time(pid_t pid);

class Leftovers {
 public:
  /// `file`: in the state folder. Reads what the last run left; nothing is ended yet.
  explicit Leftovers(std::filesystem::path file);
  /// Kills (SIGKILL) each process that the last run recorded and that still lives, with all its
  /// descendants, its session and its process group, and gives what was ended. What this run added
  /// is not touched. Only for the run that holds the state folder's lock.
  std::vector<Known> end_all();
  /// Thread-safe; the file is replaced whole. Tens of microseconds: small file, no sync.
  void add(pid_t pid, const std::string& name);
  void remove(pid_t pid);

 private:
  void save();
  std::filesystem::path file_;
  std::mutex mutex_;             // guards all below, and the file
  std::vector<Known> previous_;  // of the last run, until end_all()
  std::vector<Known> known_;     // of this run
  bool save_failed_ = false;     // logged once, not at every start
};

}  // namespace gantry::process
