#include "process/become.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/strings.h"

namespace gantry::process {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

[[noreturn]] void give_up(int pipe, Failure failure) {
  // A pipe holds this at once; whoever reads it gets all or nothing.
  (void)!::write(pipe, &failure, sizeof(failure));
  ::_exit(127);
}

/// Does it exist, and is it no folder?
bool is_file(const char* path) {
  struct stat about{};
  return ::stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

/// Comes back only when it failed.
Failure execute(const std::string& path, const Spec& spec) {
  ::execve(path.c_str(), spec.argv(), spec.env());
  const int number = errno;
  // The file is there, so it is the interpreter that is not.
  const bool interpreter = number == ENOENT && is_file(path.c_str());
  return {.stage = interpreter ? Stage::kInterpreter : Stage::kExec, .number = number};
}

bool is_elsewhere(const Failure& failure, const std::string& path) {
  if (failure.stage == Stage::kInterpreter) return false;
  switch (failure.number) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return true;
    case EACCES:
      return !is_file(path.c_str());
    default:
      return false;
  }
}

/// As execvp, but with PATH of the server's own environment and without a shell for what has no #!.
Failure look_up_and_execute(const Spec& spec) {
  const std::string name(spec.argv()[0]);
  if (name.contains('/')) return execute(name, spec);
  auto path = spec.variable("PATH");
  if (path.empty()) path = kDefaultPath;
  Failure result{.stage = Stage::kExec, .number = ENOENT};
  for (const auto folder : base::split(path, ':')) {
    const auto candidate = folder.empty() ? "./" + name : std::string(folder) + "/" + name;
    const auto failure = execute(candidate, spec);
    if (is_elsewhere(failure, candidate)) continue;
    result = failure;
    // A later folder may hold one that can be executed.
    if (failure.number != EACCES) break;
  }
  return result;
}

void take_over(const Launch& launch) {
  ::setsid();
  ::dup2(launch.in.number(), STDIN_FILENO);
  ::dup2(launch.out.number(), STDOUT_FILENO);
  ::dup2(launch.err.number(), STDERR_FILENO);
  // The pipe for a failure must live until execve. All are close-on-exec already: this is the belt.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void become_server(const Spec& spec, const Launch& launch, int failed) {
  take_over(launch);
  if (::chdir(spec.cwd()) != 0) give_up(failed, {.stage = Stage::kFolder, .number = errno});
  give_up(failed, look_up_and_execute(spec));
}

}  // namespace gantry::process
