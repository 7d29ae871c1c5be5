#include "process/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace gantry::process {
namespace {

/// The C library keeps the first real-time signals to itself and lets nobody set them; who started
/// this program may have ignored them all the same.
constexpr int kFirstReserved = 32;

void reset_reserved(int number) {
  // The kernel's own layout: all zero is SIG_DFL.
  struct {
    void* handler;
    unsigned long flags;
    void* restorer;
    std::uint64_t mask;
  } action{};
  ::syscall(SYS_rt_sigaction, number, &action, nullptr, sizeof action.mask);
}

}  // namespace

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  // SIGKILL and SIGSTOP refuse, rightly.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  for (int number = kFirstReserved; number < SIGRTMIN; ++number) reset_reserved(number);
}

base::Fd open_signals() {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, SIGCHLD);
  ::sigaddset(&wanted, SIGTERM);
  return base::Fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
}

Signals take_signals(int signals) {
  Signals taken;
  signalfd_siginfo info{};
  while (::read(signals, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    if (info.ssi_signo == SIGTERM) taken.terminated = true;
  }
  return taken;
}

}  // namespace gantry::process
