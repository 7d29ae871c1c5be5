// What is counted while a load runs: latencies, and the processor time of other processes in
// windows.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gantry::bench {

/// Latencies in buckets of 1/64 of their size, so a percentile is within 1.6 % of the truth.
class Histogram {
 public:
  void add(std::uint64_t nanoseconds);
  /// `part` in 0..1; nanoseconds. 0 when nothing was added.
  [[nodiscard]] std::uint64_t percentile(double part) const;
  [[nodiscard]] std::uint64_t most() const { return most_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr unsigned kBits = 6;
  std::array<std::uint64_t, std::size_t{64} << kBits> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

/// Processor time, user and system, of all threads of some processes, from
/// /proc/PID/task/*/schedstat.
class ProcessorTime {
 public:
  explicit ProcessorTime(std::vector<pid_t> pids) : pids_(std::move(pids)) {}
  /// Nanoseconds used since the last reading; the first one counts from here.
  [[nodiscard]] std::uint64_t read();
  /// False when a process has ended: its figures mean nothing then.
  [[nodiscard]] bool all_alive() const { return all_alive_; }
  [[nodiscard]] bool is_empty() const { return pids_.empty(); }

 private:
  std::uint64_t read_process(pid_t pid);
  std::vector<pid_t> pids_;
  std::map<pid_t, std::uint64_t> threads_;  // thread id → its last figure
  bool first_ = true;
  bool all_alive_ = true;
};

/// Processor time per call, one figure a window. The median is what counts: a stop of the machine
/// is charged to whoever runs and spoils one window, not the figure.
class Windows {
 public:
  static constexpr std::uint64_t kLength =
      20'000'000;  ///< nanoseconds; longer where calls are slow
  /// Answers may come in bursts of one a connection: a window holds several bursts, or a burst's
  /// work would be counted against another's calls.
  static constexpr std::uint64_t kLeastCallsAConnection = 4;

  void add(std::uint64_t processor_time, std::uint64_t calls);
  /// `part` in 0..1; microseconds per call. 0 without windows.
  [[nodiscard]] double percentile(double part) const;
  [[nodiscard]] double mean() const;
  [[nodiscard]] std::size_t count() const { return per_call_.size(); }

 private:
  std::vector<double> per_call_;
  std::uint64_t processor_time_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace gantry::bench
