#include "process/leftovers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "base/time.h"
#include "observe/log.h"
#include "process/tree.h"

namespace gantry::process {
namespace {

constexpr std::string_view kFirstLine = "gantry leftovers 1 ";
constexpr std::size_t kMostBytes = 4U << 20U;
constexpr base::Millis kMostWait{2000};

/// Start times count from the boot: those of another boot say nothing.
std::string boot_id() {
  const auto text = base::read_file("/proc/sys/kernel/random/boot_id");
  return text ? std::string(base::split(*text, '\n').front()) : "unknown";
}

/// "PID START NAME"; nothing for a line that is not whole.
std::optional<Known> parse_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto pid = base::parse_number(line.substr(0, first));
  const auto started = base::parse_number(line.substr(first + 1, second - first - 1));
  constexpr unsigned long long kMostPid = 1U << 22U;  // the kernel's own limit
  if (!pid || !started || *pid <= 1 || *pid > kMostPid) return std::nullopt;
  return Known{.pid = static_cast<pid_t>(*pid),
               .started = *started,
               .name = std::string(line.substr(second + 1))};
}

std::vector<Known> parse(std::string_view text) {
  auto lines = base::split(text, '\n');
  std::vector<Known> found;
  if (lines.front() != fmt::format("{}{}", kFirstLine, boot_id())) return found;
  // What follows the last newline was cut off.
  lines.pop_back();
  for (const auto line : lines) {
    if (auto known = parse_line(line)) found.push_back(*std::move(known));
  }
  return found;
}

void append_lines(std::string& text, const std::vector<Known>& all) {
  for (const auto& known : all) {
    auto name = known.name;
    std::ranges::replace_if(name, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", known.pid, known.started, name);
  }
}

/// Not synced: after a crash of the machine nothing is left to end.
bool replace_file(const std::filesystem::path& file, std::string_view text) {
  const auto beside = file.string() + ".new";
  const base::Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  while (fd && !text.empty()) {
    const auto wrote = ::write(fd.number(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return fd && ::rename(beside.c_str(), file.c_str()) == 0;
}

/// All of the tree that can be told: descendants of the root, and its session and group, where
/// those are whose parent is gone.
std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> tree{root};
  const auto own = read_stat(::getpid());
  const auto stranger = [&](const ProcessStat& process) {
    return !own || process.session == own->session;
  };
  // Should this very process stand below it, it is not ended with it.
  const auto below = descendants(root, {::getpid()});
  std::unordered_set<pid_t> members(below.begin(), below.end());
  for (const auto& process : all_processes()) {
    const bool same = process.session == root || process.group == root;
    if (same && !stranger(process)) members.insert(process.pid);
  }
  members.erase(root);
  tree.insert(tree.end(), members.begin(), members.end());
  return tree;
}

/// A stopped process cannot fork, so the tree is whole once a look finds nothing new.
void kill_tree(pid_t root) {
  std::unordered_set<pid_t> stopped;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto pid : tree_of(root)) {
      if (!stopped.insert(pid).second) continue;
      ::kill(pid, SIGSTOP);
      grown = true;
    }
  }
  for (const auto pid : stopped) ::kill(pid, SIGKILL);
}

/// Holds the process, so that its id cannot be taken by another between looking and killing.
base::Fd hold(const Known& known) {
  auto held = open_process(known.pid);
  const auto started = start_time(known.pid);
  return started && *started == known.started ? std::move(held) : base::Fd();
}

void await_end(const base::Fd& process, base::Instant until) {
  const auto left = std::chrono::ceil<base::Millis>(until - base::Clock::now());
  pollfd ended{.fd = process.number(), .events = POLLIN, .revents = 0};
  ::poll(&ended, 1, static_cast<int>(std::max<base::Millis::rep>(left.count(), 0)));
}

}  // namespace

base::Result<std::uint64_t> start_time(pid_t pid) {
  const auto stat = read_stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') {
    return base::fail(base::Code::kNotFound, fmt::format("no process {} lives", pid));
  }
  return stat->started;
}

Leftovers::Leftovers(std::filesystem::path file) : file_(std::move(file)) {
  const auto text = base::read_file(file_, kMostBytes);
  if (text) previous_ = parse(*text);
}

std::vector<Known> Leftovers::end_all() {
  const std::lock_guard lock(mutex_);
  std::vector<Known> ended;
  std::vector<base::Fd> held;
  for (auto& known : previous_) {
    auto process = hold(known);
    if (!process) continue;
    kill_tree(known.pid);
    held.push_back(std::move(process));
    ended.push_back(std::move(known));
  }
  const auto until = base::Clock::now() + kMostWait;
  for (const auto& process : held) await_end(process, until);
  previous_.clear();
  save();
  return ended;
}

void Leftovers::add(pid_t pid, const std::string& name) {
  const auto started = start_time(pid);
  if (!started) return;  // ended already
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const Known& known) { return known.pid == pid; });
  known_.push_back({.pid = pid, .started = *started, .name = name});
  save();
}

void Leftovers::remove(pid_t pid) {
  const std::lock_guard lock(mutex_);
  if (std::erase_if(known_, [&](const Known& known) { return known.pid == pid; }) > 0) save();
}

void Leftovers::save() {
  std::string text = fmt::format("{}{}\n", kFirstLine, boot_id());
  append_lines(text, previous_);
  append_lines(text, known_);
  const bool saved = replace_file(file_, text);
  if (!saved && !save_failed_) {
    observe::warn("leftovers.unsaved", {{"file", file_.string()}});
  }
  save_failed_ = !saved;
}

}  // namespace gantry::process
