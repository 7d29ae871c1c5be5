#include "async/threads.h"

#include <sched.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace gantry::async {

base::Result<Threads> Threads::create(unsigned loops) {
  Threads made;
  for (unsigned index = 0; index < loops; ++index) {
    made.loops_.push_back(GANTRY_TRY(Loop::create(static_cast<int>(index))));
  }
  return made;
}

std::vector<Loop*> Threads::loops() const {
  std::vector<Loop*> all;
  for (const auto& loop : loops_) all.push_back(loop.get());
  return all;
}

void Threads::run() {
  std::vector<std::thread> others;
  for (std::size_t at = 1; at < loops_.size(); ++at) {
    others.emplace_back([loop = loops_[at].get()] { loop->run(); });
  }
  loops_.front()->run();
  for (std::size_t at = 1; at < loops_.size(); ++at) loops_[at]->stop();
  for (auto& thread : others) thread.join();
}

Signals::Signals(Loop& loop, base::Fd fd, std::function<void(int)> each)
    : loop_(loop), fd_(std::move(fd)), each_(std::move(each)) {}

Signals::~Signals() { loop_.unwatch(fd_.number(), *this); }

base::Result<std::unique_ptr<Signals>> Signals::create(Loop& loop, std::function<void(int)> each) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  base::Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return base::fail_errno(errno, "cannot watch signals");
  std::unique_ptr<Signals> made(new Signals(loop, std::move(fd), std::move(each)));
  if (auto watched = loop.watch(made->fd_.number(), *made); !watched)
    return std::unexpected(std::move(watched).error());
  return made;
}

void Signals::on_io(Ready) {
  signalfd_siginfo info{};
  while (::read(fd_.number(), &info, sizeof info) == sizeof info)
    each_(static_cast<int>(info.ssi_signo));
}

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1U, static_cast<unsigned>(CPU_COUNT(&set)));
}

}  // namespace gantry::async
