// The loops of a program: the first runs on the calling thread, each other on one of its own.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "async/loop.h"

namespace gantry::async {

class Threads {
 public:
  [[nodiscard]] static base::Result<Threads> create(unsigned loops);

  [[nodiscard]] std::vector<Loop*> loops() const;
  /// Runs all until the first loop is stopped; then stops the others and joins.
  void run();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
};

/// SIGINT and SIGTERM (and SIGHUP) as events of a loop. Blocks them in this thread: before the
/// others start.
class Signals final : public IoHandler {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Signals>> create(Loop& loop,
                                                                     std::function<void(int)> each);
  ~Signals();
  void on_io(Ready ready) override;

 private:
  Signals(Loop& loop, base::Fd fd, std::function<void(int)> each);
  Loop& loop_;
  base::Fd fd_;
  std::function<void(int)> each_;
};

/// Cores that this process may use.
[[nodiscard]] unsigned usable_cores();

}  // namespace gantry::async
