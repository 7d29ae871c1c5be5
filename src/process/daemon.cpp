#include "process/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
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

bool run_to_end(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> texts = {program.string()};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  }
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return false;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
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
