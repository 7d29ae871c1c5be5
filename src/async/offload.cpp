#include "async/offload.h"

#include <utility>

namespace gantry::async {

Offload::Offload() : thread_([this] { work(); }) {}

Offload::~Offload() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void Offload::run(Task work) {
  {
    const std::scoped_lock lock(mutex_);
    if (ending_) return;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Offload::work() {
  while (true) {
    Task next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next();
  }
}

}  // namespace gantry::async
