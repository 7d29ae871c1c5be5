#include "process/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <unordered_map>

namespace gantry::process {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// The numbers that name entries of a folder; empty when it cannot be read.
std::vector<pid_t> numbered_entries(const std::string& path) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (folder == nullptr) return numbers;
  while (const auto* entry = ::readdir(folder.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    pid_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && read.ptr == name.data() + name.size()) numbers.push_back(number);
  }
  return numbers;
}

template <typename Number>
bool take(std::string_view& text, Number& number) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool skip_fields(std::string_view& text, int count) {
  for (; count > 0; --count) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return false;
    text.remove_prefix(std::min(text.find(' ', start), text.size()));
  }
  return true;
}

/// Nothing when there is no such file: the kernel does not have it, or the process ended.
std::optional<std::string> read_all(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const auto got = ::read(file.number(), part.data(), part.size());
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

/// The children that the threads of `parent` started; nothing where the kernel has no such file.
std::optional<std::vector<pid_t>> listed_children(pid_t parent, const std::string& proc) {
  const auto tasks = proc + "/" + std::to_string(parent) + "/task";
  std::vector<pid_t> children;
  for (const auto thread : numbered_entries(tasks)) {
    const auto text = read_all(tasks + "/" + std::to_string(thread) + "/children");
    if (!text) {
      // A thread may end meanwhile; the file of a living one is missing only for all.
      if (::access((tasks + "/" + std::to_string(thread)).c_str(), F_OK) == 0) return std::nullopt;
      continue;
    }
    std::string_view left(*text);
    for (pid_t child = 0; take(left, child);) children.push_back(child);
  }
  return children;
}

/// `seen` is passed over, with what is below.
std::optional<std::vector<pid_t>> walk_children_files(pid_t root, std::unordered_set<pid_t> seen,
                                                      const std::string& proc) {
  std::vector<pid_t> found;
  for (std::size_t next = 0; next <= found.size(); ++next) {
    const auto children = listed_children(next == 0 ? root : found[next - 1], proc);
    if (!children) return std::nullopt;
    for (const auto child : *children) {
      if (seen.insert(child).second) found.push_back(child);
    }
  }
  return found;
}

std::vector<pid_t> walk_parents(pid_t root, std::unordered_set<pid_t> seen,
                                const std::string& proc) {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  for (const auto& process : all_processes(proc)) children[process.parent].push_back(process.pid);
  std::vector<pid_t> found;
  for (std::size_t next = 0; next <= found.size(); ++next) {
    for (const auto child : children[next == 0 ? root : found[next - 1]]) {
      if (seen.insert(child).second) found.push_back(child);
    }
  }
  return found;
}

}  // namespace

std::optional<ProcessStat> parse_stat(std::string_view text) {
  ProcessStat stat;
  if (!take(text, stat.pid)) return std::nullopt;
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || text.size() < name_end + 3) return std::nullopt;
  stat.state = text[name_end + 2];
  text.remove_prefix(name_end + 3);
  if (!take(text, stat.parent) || !take(text, stat.group) || !take(text, stat.session)) {
    return std::nullopt;
  }
  // From field 7 on; 22 is the start time.
  if (!skip_fields(text, 15) || !take(text, stat.started)) return std::nullopt;
  return stat;
}

std::optional<ProcessStat> read_stat(pid_t pid, const std::string& proc) {
  const auto text = read_all(proc + "/" + std::to_string(pid) + "/stat");
  return text ? parse_stat(*text) : std::nullopt;
}

std::vector<ProcessStat> all_processes(const std::string& proc) {
  std::vector<ProcessStat> all;
  for (const auto pid : numbered_entries(proc)) {
    if (const auto stat = read_stat(pid, proc)) all.push_back(*stat);
  }
  return all;
}

base::Fd open_process(pid_t pid) {
  // glibc 2.36 declares pidfd_open, but not for C++.
  return base::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::vector<pid_t> descendants(pid_t root, const std::unordered_set<pid_t>& spared,
                               const std::string& proc) {
  auto seen = spared;
  seen.insert(root);
  if (auto found = walk_children_files(root, seen, proc)) return *std::move(found);
  return walk_parents(root, std::move(seen), proc);
}

void terminate_descendants() {
  constexpr int kMostLooks = 8;  // what forks on is left to SIGKILL
  std::unordered_set<pid_t> told;
  bool grown = true;
  for (int look = 0; grown && look < kMostLooks; ++look) {
    grown = false;
    for (const auto pid : descendants(::getpid())) {
      if (!told.insert(pid).second) continue;
      grown = true;
      ::kill(pid, SIGTERM);
      ::kill(pid, SIGCONT);
    }
  }
}

void kill_all(const std::vector<pid_t>& processes) {
  std::unordered_set<pid_t> groups{::getpgrp()};
  for (const auto pid : processes) {
    const auto group = ::getpgid(pid);
    if (group > 1 && groups.insert(group).second) ::kill(-group, SIGKILL);
    ::kill(pid, SIGKILL);
  }
}

}  // namespace gantry::process
