// Work that may block (name look-ups, disk) on one thread of its own; the result comes back to the
// loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "async/loop.h"

namespace gantry::async {

class Offload {
 public:
  Offload();
  /// Ends after the work in hand; what waits is dropped.
  ~Offload();
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;

  /// Any thread. In the order of the calls.
  void run(Task work);

  /// Runs `work` there, then `then(result)` on `loop`.
  template <typename Work, typename Then>
  void run(Loop& loop, Work work, Then then) {
    run([&loop, work = std::move(work), then = std::move(then)]() mutable {
      loop.post([result = work(), then = std::move(then)]() mutable { then(std::move(result)); });
    });
  }

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace gantry::async
