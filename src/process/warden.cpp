#include "process/warden.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "process/become.h"
#include "process/signals.h"
#include "process/tree.h"

namespace gantry::process {
namespace {

constexpr int kFirstWait = 2;  // milliseconds between two looks at a tree that is being killed
constexpr int kMostWait = 100;

class Warden {
 public:
  explicit Warden(base::Fd control) : control_(std::move(control)) {}

  void start(const Launch& launch);

  [[noreturn]] void run() {
    while (true) {
      wait();
      settle_start();
      if (take_signals(signals_.number()).terminated) killing_ = true;
      read_orders();
      reap();
      if (killing_) kill_tree();
    }
  }

 private:
  [[noreturn]] void finish(const Report& last) {
    send_report(control_.number(), last);
    ::_exit(0);
  }

  void wait() {
    std::array<pollfd, 3> sources{{{.fd = control_.number(), .events = POLLIN, .revents = 0},
                                   {.fd = signals_.number(), .events = POLLIN, .revents = 0},
                                   {.fd = starting_.number(), .events = POLLIN, .revents = 0}}};
    ::poll(sources.data(), sources.size(), killing_ ? wait_ : -1);
  }

  void settle_start();
  void read_orders();
  void reap();
  void kill_tree();

  base::Fd control_;
  base::Fd signals_;
  base::Fd starting_;  // the pipe that closes when the server was executed
  pid_t server_ = 0;   // 0: reaped, its id means nothing any more
  bool killing_ = false;
  bool group_killed_ = false;
  int wait_ = kFirstWait;
};

void Warden::start(const Launch& launch) {
  signals_ = open_signals();
  const auto failed = [this](int number) {
    finish({.kind = Report::Kind::kFailed, .stage = Stage::kFork, .number = number});
  };
  const auto spec = Spec::map(launch.spec.number());
  std::array<int, 2> ends{};
  if (!spec) failed(EBADMSG);
  if (!signals_ || ::pipe2(ends.data(), O_CLOEXEC) != 0) failed(errno);
  starting_ = base::Fd(ends[0]);
  const base::Fd told(ends[1]);
  server_ = ::fork();
  if (server_ < 0) failed(errno);
  if (server_ == 0) become_server(*spec, launch, told.number());
  ::fcntl(starting_.number(), F_SETFL, O_NONBLOCK);
}

/// Before the end of the server is told, so that both come in order.
void Warden::settle_start() {
  if (!starting_) return;
  Failure failure;
  const auto got = ::read(starting_.number(), &failure, sizeof(failure));
  if (got < 0) return;
  starting_.reset();
  if (got == 0) {
    send_report(control_.number(), {.kind = Report::Kind::kStarted, .number = server_});
    return;
  }
  ::waitpid(server_, nullptr, 0);
  finish({.kind = Report::Kind::kFailed, .stage = failure.stage, .number = failure.number});
}

void Warden::read_orders() {
  while (control_) {
    Order order{};
    const auto got = ::recv(control_.number(), &order, sizeof(order), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    // ECONNRESET is told once, before what still waits to be read.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (got <= 0) {
      control_.reset();
      killing_ = true;
    } else if (order == Order::kKill) {
      killing_ = true;
    } else if (!killing_) {
      terminate_descendants();
    }
  }
}

void Warden::reap() {
  while (true) {
    int status = 0;
    const auto pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == 0) return;
    if (pid < 0) {
      if (errno == EINTR) continue;
      finish({.kind = Report::Kind::kGone});
    }
    if (pid != server_) continue;
    settle_start();
    server_ = 0;
    const bool signalled = WIFSIGNALED(status);
    send_report(control_.number(), {.kind = Report::Kind::kExited,
                                    .signalled = signalled,
                                    .number = signalled ? WTERMSIG(status) : WEXITSTATUS(status)});
  }
}

/// One pass; reap() tells when none is left. What a dying process leaves becomes this one's child,
/// so whatever escaped this pass is found by a later one.
void Warden::kill_tree() {
  if (!group_killed_ && server_ > 0) {
    // Mostly that is all there is, and /proc need not be read.
    ::kill(-server_, SIGKILL);
    ::kill(server_, SIGKILL);
    group_killed_ = true;
    return;
  }
  kill_all(descendants(::getpid()));
  wait_ = std::min(wait_ * 2, kMostWait);
}

}  // namespace

void run_warden(Launch launch) {
  ::prctl(PR_SET_NAME, "gantry-warden");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Warden warden(std::move(launch.control));
  warden.start(launch);
  launch = {};  // the server's ends of its pipes are for the server alone
  warden.run();
}

}  // namespace gantry::process
