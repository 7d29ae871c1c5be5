// One event loop a core: readiness of descriptors, tasks from other threads, deadlines in a wheel.
//
// A loop belongs to the thread that calls run(); everything but post() and stop() is for that
// thread alone. Nothing on a loop blocks. Descriptors are edge-triggered and registered once: a
// handler reads until a short read and is told again when more has come, which saves the reads that
// only find nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "async/wheel.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"

namespace gantry::async {

using Task = std::move_only_function<void()>;

struct Ready {
  bool readable = false;  ///< also when the peer closed: the read says which
  bool writable = false;
  bool hangup = false;  ///< the peer closed its side, or the descriptor failed
};

class IoHandler {
 public:
  /// May unwatch and destroy anything, itself too.
  virtual void on_io(Ready ready) = 0;

 protected:
  ~IoHandler() = default;
};

class Loop {
 public:
  /// SIGPIPE is ignored in this process from here on: a write that nobody reads is an error of its
  /// descriptor, not the end of the program.
  [[nodiscard]] static base::Result<std::unique_ptr<Loop>> create(int index);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  /// The loop of this thread; null outside run().
  [[nodiscard]] static Loop* current();
  [[nodiscard]] int index() const { return index_; }
  [[nodiscard]] bool is_current() const { return current() == this; }

  /// Runs until stop(); what was posted before it returns is run or dropped. May be run again.
  void run();
  void stop();  ///< any thread

  /// Any thread: runs `task` on this loop, in the order of posting. One wake-up serves all that
  /// is posted before the loop looks.
  void post(Task task);
  /// This thread: at the end of the current round, after all descriptors that are ready were
  /// served.
  void defer(Task task);
  /// Runs it now when this is the current loop, else posts it.
  void dispatch(Task task);

  /// The time at the start of this round: cheap, and the same for all handlers of a round.
  [[nodiscard]] base::Instant now() const { return now_; }

  /// One handler a descriptor; it stays alive until unwatch(). Errors: kIo.
  base::Result<> watch(int fd, IoHandler& handler);
  /// No further event of this descriptor is given, not even of this round.
  void unwatch(int fd, IoHandler& handler);

  [[nodiscard]] Wheel& wheel() { return wheel_; }

 private:
  explicit Loop(int index);
  void round();
  void run_posted();
  void run_deferred();
  void wake();

  struct Batch;
  int index_;
  base::Fd epoll_;
  base::Fd event_;
  base::Instant now_ = base::Clock::now();
  Wheel wheel_;
  std::unique_ptr<Batch> batch_;
  std::vector<Task> deferred_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards the two below
  std::vector<Task> posted_;
  bool wake_pending_ = false;
};

}  // namespace gantry::async
