#include "process/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace gantry::process {

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  // Two of them (SIGKILL, SIGSTOP) refuse, rightly.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
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
