#include "process/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace gantry::process {

base::Result<Background> detach(const std::filesystem::path& log) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return base::fail_errno(errno, "cannot go to the background");
  base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  const base::Fd log_file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log_file)
    return base::fail_errno(errno, fmt::format("cannot write the log {}", log.string()));
  const base::Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto child = ::fork();
  if (child < 0) return base::fail_errno(errno, "cannot go to the background");
  if (child > 0) return Background{.is_child = false, .report = std::move(read_end)};
  ::setsid();
  ::dup2(nothing.number(), STDIN_FILENO);
  ::dup2(nothing.number(), STDOUT_FILENO);
  ::dup2(log_file.number(), STDERR_FILENO);
  return Background{.is_child = true, .report = std::move(write_end)};
}

std::string await_report(const base::Fd& report) {
  std::string text;
  std::array<char, 4096> room{};
  while (true) {
    const auto got = ::read(report.number(), room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(room.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace gantry::process
