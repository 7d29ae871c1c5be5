// For the tests of this folder: a gateway in small, and ways to wait for processes.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process/keeper.h"
#include "process/tree.h"

namespace gantry::process {

/// Nothing takes that long: what waits longer hangs.
constexpr std::chrono::seconds kHung{20};
constexpr int kHungMillis = 20'000;

/// Did the process end? Waits for it. A zombie has ended.
inline bool await_end(pid_t pid) {
  const auto process = open_process(pid);
  if (!process) return errno == ESRCH;
  pollfd ended{.fd = process.number(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, kHungMillis) == 1;
}

/// One line, without its end; nothing at the end of the stream.
inline std::optional<std::string> read_line(const base::Fd& from) {
  std::string line;
  while (true) {
    char c = 0;
    const auto got = ::read(from.number(), &c, 1);
    if (got == 1 && c == '\n') return line;
    if (got == 1) {
      line.push_back(c);
      continue;
    }
    if (got == 0) return std::nullopt;
    pollfd readable{.fd = from.number(), .events = POLLIN, .revents = 0};
    if (errno != EAGAIN || ::poll(&readable, 1, kHungMillis) != 1) return std::nullopt;
  }
}

/// A line that is a process id; 0 when it is not.
inline pid_t read_pid(const base::Fd& from) {
  const auto line = read_line(from).value_or("");
  pid_t pid = 0;
  std::from_chars(line.data(), line.data() + line.size(), pid);
  return pid;
}

inline auto count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-test-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A child with what it told, in order: "started", "exited: exit status 0", "gone", "failed: …".
class Server {
 public:
  [[nodiscard]] ChildEvents events() {
    return {.on_started = [this](pid_t pid) { note("started", [&] { pid_ = pid; }); },
            .on_failed =
                [this](base::Error error) {
                  note("failed: " + error.text(), [&] { error_ = std::move(error); });
                },
            .on_exited = [this](Exit exit) { note("exited: " + exit.text(), [] {}); },
            .on_gone = [this] { note("gone", [] {}); }};
  }

  /// Waits until something that starts so was told.
  [[nodiscard]] bool told(std::string_view what) {
    std::unique_lock lock(mutex_);
    return told_more_.wait_for(lock, kHung, [&] {
      return std::ranges::any_of(log_, [&](const auto& line) { return line.starts_with(what); });
    });
  }
  [[nodiscard]] std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  [[nodiscard]] pid_t pid() {
    const std::lock_guard lock(mutex_);
    return pid_;
  }
  [[nodiscard]] base::Error error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  std::unique_ptr<Child> child;

 private:
  template <typename Change>
  void note(std::string line, Change change) {
    const std::lock_guard lock(mutex_);
    change();
    log_.push_back(std::move(line));
    told_more_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable told_more_;
  std::vector<std::string> log_;
  pid_t pid_ = 0;
  base::Error error_;
};

/// A keeper, and a loop on a thread of its own.
class SmallGateway {
 public:
  SmallGateway() : keeper_(Keeper::create().value()), loop_(async::Loop::create(0).value()) {
    thread_ = std::thread([this] { loop_->run(); });
  }
  SmallGateway(const SmallGateway&) = delete;
  SmallGateway& operator=(const SmallGateway&) = delete;
  ~SmallGateway() {
    loop_->stop();
    thread_.join();
  }

  /// Runs it on the loop, and waits for it.
  template <typename Action>
  void on_loop(Action action) {
    std::promise<void> done;
    loop_->post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  void start(Server& server, Spawn spawn) {
    on_loop([&] {
      auto child = keeper_->spawn(*loop_, std::move(spawn), server.events());
      ASSERT_TRUE(child) << child.error().text();
      server.child = *std::move(child);
    });
  }
  void drop(Server& server) {
    on_loop([&] { server.child.reset(); });
  }
  void end_keeper() { keeper_.reset(); }
  [[nodiscard]] Keeper& keeper() { return *keeper_; }
  [[nodiscard]] async::Loop& loop() { return *loop_; }

 private:
  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<async::Loop> loop_;
  std::thread thread_;
};

inline Spawn shell(std::string script) {
  return {.argv = {"/bin/sh", "-c", std::move(script)},
          .env = {"PATH=/usr/local/bin:/usr/bin:/bin"},
          .cwd = "/"};
}

}  // namespace gantry::process
