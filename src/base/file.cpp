#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/random.h"

namespace gantry::base {
namespace {

std::filesystem::path home_folder() {
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? home : "/root";
}

std::filesystem::path xdg(const char* variable, const char* otherwise) {
  const char* set = std::getenv(variable);
  const bool absolute = set != nullptr && *set == '/';
  return (absolute ? std::filesystem::path(set) : home_folder() / otherwise) / "gantry";
}

Result<> write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const auto wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail_errno(errno, fmt::format("cannot write {}", path.string()));
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fsync(fd) != 0) return fail_errno(errno, fmt::format("cannot sync {}", path.string()));
  return {};
}

}  // namespace

void Fd::reset() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  std::string content;
  while (true) {
    const auto held = content.size();
    content.resize(held + 65536);
    const auto got = ::read(fd.number(), content.data() + held, 65536);
    content.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
    if (got == 0) return content;
    if (content.size() > most) {
      return fail(Code::kLimit, fmt::format("{} is over {} bytes", path.string(), most));
    }
  }
}

Result<> write_file(const std::filesystem::path& path, std::string_view content) {
  const auto beside = path.string() + "." + random_token(6);
  const Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(errno, fmt::format("cannot write {}", path.string()));
  auto written = write_all(fd.number(), content, path);
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) {
    written = fail_errno(errno, fmt::format("cannot replace {}", path.string()));
  }
  if (!written) ::unlink(beside.c_str());
  return written;
}

Result<std::filesystem::path> state_folder() {
  const char* set = std::getenv("GANTRY_STATE_DIR");
  const auto folder = set != nullptr && *set != '\0' ? std::filesystem::absolute(set)
                                                     : xdg("XDG_STATE_HOME", ".local/state");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) {
    return fail(Code::kIo, fmt::format("cannot make the state folder {}", folder.string()),
                "set GANTRY_STATE_DIR to a folder that you can write");
  }
  return folder;
}

std::filesystem::path config_folder() { return xdg("XDG_CONFIG_HOME", ".config"); }

}  // namespace gantry::base
