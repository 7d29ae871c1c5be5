#include "async/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <utility>

#include "base/assert.h"

namespace gantry::async {
namespace {
thread_local Loop* current_loop = nullptr;
constexpr int kMostEvents = 256;
}  // namespace

/// The events of one round. A handler that goes away in mid-round has its later events erased here.
struct Loop::Batch {
  std::array<epoll_event, kMostEvents> events{};
  int count = 0;
  int at = 0;
};

Loop::Loop(int index) : index_(index), wheel_(now_), batch_(std::make_unique<Batch>()) {}
Loop::~Loop() = default;

base::Result<std::unique_ptr<Loop>> Loop::create(int index) {
  ::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<Loop> loop(new Loop(index));
  loop->epoll_ = base::Fd(::epoll_create1(EPOLL_CLOEXEC));
  loop->event_ = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!loop->epoll_ || !loop->event_) return base::fail_errno(errno, "cannot make an event loop");
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  if (::epoll_ctl(loop->epoll_.number(), EPOLL_CTL_ADD, loop->event_.number(), &event) != 0) {
    return base::fail_errno(errno, "cannot make an event loop");
  }
  return loop;
}

Loop* Loop::current() { return current_loop; }

void Loop::run() {
  GANTRY_ASSERT(current_loop == nullptr);
  current_loop = this;
  while (!stopping_.load(std::memory_order_acquire)) round();
  run_posted();
  run_deferred();
  current_loop = nullptr;
  stopping_.store(false, std::memory_order_release);
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void Loop::round() {
  const auto wait = deferred_.empty() ? wheel_.next(base::Clock::now()) : base::Millis(0);
  const int timeout =
      wait ? static_cast<int>(std::min<std::int64_t>(wait->count(), 3'600'000)) : -1;
  auto& batch = *batch_;
  batch.count = ::epoll_wait(epoll_.number(), batch.events.data(), kMostEvents, timeout);
  now_ = base::Clock::now();
  wheel_.set_now(
      now_);  // deadlines fire after the descriptors: an answer that is here has come in time
  GANTRY_ASSERT(batch.count >= 0 || errno == EINTR);
  for (batch.at = 0; batch.at < batch.count; ++batch.at) {
    const auto& event = batch.events[static_cast<std::size_t>(batch.at)];
    auto* handler = static_cast<IoHandler*>(event.data.ptr);
    if (handler == nullptr) continue;  // the wake-up (read by nobody: edge-triggered), or erased
    constexpr unsigned kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    handler->on_io({.readable = (event.events & (EPOLLIN | kEnds)) != 0,
                    .writable = (event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0,
                    .hangup = (event.events & kEnds) != 0});
  }
  batch.count = 0;
  wheel_.advance(now_);
  run_posted();
  run_deferred();
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    const std::scoped_lock lock(mutex_);
    wake_pending_ = false;
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void Loop::run_deferred() {
  // What is deferred while these run waits for the next round, so that descriptors get their turn.
  for (auto& task : std::exchange(deferred_, {})) task();
}

void Loop::post(Task task) {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    posted_.push_back(std::move(task));
    first = !std::exchange(wake_pending_, true);
  }
  if (first) wake();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // The counter cannot overflow before 2^64 wakes; a failed write would mean just that.
  [[maybe_unused]] const auto wrote = ::write(event_.number(), &one, sizeof one);
}

void Loop::defer(Task task) {
  GANTRY_ASSERT(is_current());
  deferred_.push_back(std::move(task));
}

void Loop::dispatch(Task task) {
  if (is_current()) {
    task();
  } else {
    post(std::move(task));
  }
}

base::Result<> Loop::watch(int fd, IoHandler& handler) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &handler}};
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return base::fail_errno(errno, "cannot watch a descriptor");
  }
  return {};
}

void Loop::unwatch(int fd, IoHandler& handler) {
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, fd, nullptr);
  auto& batch = *batch_;
  for (int i = batch.at + 1; i < batch.count; ++i) {
    auto& event = batch.events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

}  // namespace gantry::async
