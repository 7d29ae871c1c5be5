#include "figures.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace gantry::bench {
namespace {

constexpr double kNanosecondsAMicrosecond = 1000.0;

/// The first field of a thread's schedstat: nanoseconds on a processor.
bool read_thread(int folder, const char* thread, std::uint64_t& nanoseconds) {
  const std::string path = std::string(thread) + "/schedstat";
  const int fd = ::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 96> text{};
  const ssize_t count = ::read(fd, text.data(), text.size());
  ::close(fd);
  return count > 0 &&
         std::from_chars(text.data(), text.data() + count, nanoseconds).ec == std::errc{};
}

}  // namespace

void Histogram::add(std::uint64_t nanoseconds) {
  ++count_;
  most_ = std::max(most_, nanoseconds);
  const auto width = static_cast<unsigned>(std::bit_width(nanoseconds));
  const unsigned shift = width > kBits + 1 ? width - kBits - 1 : 0;
  ++buckets_[(std::size_t{shift} << kBits) + (nanoseconds >> shift)];
}

std::uint64_t Histogram::percentile(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen < wanted || buckets_[i] == 0) continue;
    const std::size_t half = std::size_t{1} << kBits;
    const std::size_t shift = i < 2 * half ? 0 : (i >> kBits) - 1;
    return std::min<std::uint64_t>((i - (shift << kBits)) << shift, most_);
  }
  return most_;
}

std::uint64_t ProcessorTime::read() {
  std::uint64_t used = 0;
  for (const pid_t pid : pids_) used += read_process(pid);
  if (first_) used = 0;
  first_ = false;
  return used;
}

std::uint64_t ProcessorTime::read_process(pid_t pid) {
  DIR* folder = ::opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (folder == nullptr) {
    all_alive_ = false;
    return 0;
  }
  std::uint64_t used = 0;
  while (const dirent* entry = ::readdir(folder)) {
    std::uint64_t now = 0;
    if (entry->d_name[0] == '.' || !read_thread(::dirfd(folder), entry->d_name, now)) continue;
    std::uint64_t& before = threads_[static_cast<pid_t>(std::atoi(entry->d_name))];
    used += now - std::min(before, now);
    before = now;
  }
  ::closedir(folder);
  return used;
}

void Windows::add(std::uint64_t processor_time, std::uint64_t calls) {
  if (calls == 0) return;
  processor_time_ += processor_time;
  calls_ += calls;
  per_call_.push_back(static_cast<double>(processor_time) / static_cast<double>(calls) /
                      kNanosecondsAMicrosecond);
}

double Windows::percentile(double part) const {
  if (per_call_.empty()) return 0;
  std::vector<double> sorted = per_call_;
  std::sort(sorted.begin(), sorted.end());
  const double place = part * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::lround(place))];
}

double Windows::mean() const {
  if (calls_ == 0) return 0;
  return static_cast<double>(processor_time_) / static_cast<double>(calls_) /
         kNanosecondsAMicrosecond;
}

}  // namespace gantry::bench
