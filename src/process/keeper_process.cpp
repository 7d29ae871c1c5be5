#include "process/keeper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <unordered_set>
#include <vector>

#include "base/time.h"
#include "process/signals.h"
#include "process/tree.h"
#include "process/warden.h"
#include "process/wire.h"

namespace gantry::process {
namespace {

constexpr int kWait = 20;  // milliseconds between two looks at what is being killed
constexpr base::Millis kWardensEnd{2000};
constexpr base::Millis kAllEnd{4500};

class KeeperProcess {
 public:
  explicit KeeperProcess(base::Fd gateway) : gateway_(std::move(gateway)) {}

  [[noreturn]] void run() {
    signals_ = open_signals();
    ::send(gateway_.number(), "r", 1, MSG_NOSIGNAL);  // ready: see Keeper::create()
    while (gateway_) {
      wait(orphans_ ? kWait : -1);
      reap();
      if (orphans_) kill_orphans();
      serve();
    }
    end_all();
  }

 private:
  void wait(int most) {
    std::array<pollfd, 2> sources{{{.fd = gateway_.number(), .events = POLLIN, .revents = 0},
                                   {.fd = signals_.number(), .events = POLLIN, .revents = 0}}};
    ::poll(sources.data(), sources.size(), most);
    take_signals(signals_.number());
  }

  void serve();
  void start_warden(Launch launch);
  bool reap();
  void kill_orphans();
  [[noreturn]] void end_all();

  base::Fd gateway_;
  base::Fd signals_;
  std::unordered_set<pid_t> wardens_;
  bool orphans_ = false;  // a warden was killed: its tree is ours now
};

void KeeperProcess::serve() {
  while (true) {
    Launch launch;
    switch (receive_launch(gateway_.number(), launch)) {
      case Received::kLaunch:
        start_warden(std::move(launch));
        break;
      case Received::kBroken:
        break;  // its control socket is closed, which tells the gateway
      case Received::kNothing:
        return;
      case Received::kClosed:
        gateway_.reset();
        return;
    }
  }
}

void KeeperProcess::start_warden(Launch launch) {
  const auto pid = ::fork();
  if (pid == 0) {
    gateway_.reset();
    signals_.reset();
    run_warden(std::move(launch));
  }
  if (pid < 0) {
    send_report(launch.control.number(),
                {.kind = Report::Kind::kFailed, .stage = Stage::kFork, .number = errno});
    return;
  }
  wardens_.insert(pid);
}

/// Is any child left?
bool KeeperProcess::reap() {
  while (true) {
    int status = 0;
    const auto pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return pid == 0;
    const bool killed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (wardens_.erase(pid) > 0 && killed) orphans_ = true;
  }
}

/// One pass over all that is below us but not below a warden; again until nothing is found.
void KeeperProcess::kill_orphans() {
  const auto found = descendants(::getpid(), wardens_);
  orphans_ = !found.empty();
  kill_all(found);
}

/// The wardens end their trees themselves, which their children's owners are told of, should the
/// gateway still live; what they leave is ended here.
void KeeperProcess::end_all() {
  const auto start = base::Clock::now();
  for (const auto warden : wardens_) ::kill(warden, SIGTERM);
  while (reap()) {
    const auto since = base::Clock::now() - start;
    if (since > kAllEnd) ::_exit(1);
    if (since > kWardensEnd) {
      kill_all(descendants(::getpid()));
    } else if (orphans_) {
      kill_orphans();
    }
    wait(kWait);
  }
  ::_exit(0);
}

/// Descriptors 0 to 2 are open, the socket is 3, nothing else is.
base::Fd keep_only(base::Fd socket) {
  const int high = ::fcntl(socket.release(), F_DUPFD_CLOEXEC, 16);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  // Whoever reads the gateway's output must not wait for the keeper.
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  if (::fcntl(STDERR_FILENO, F_GETFD) < 0) ::dup2(null, STDERR_FILENO);
  base::Fd kept(::dup3(high, STDERR_FILENO + 1, O_CLOEXEC));
  ::close_range(STDERR_FILENO + 2, ~0U, 0);
  return kept;
}

}  // namespace

void run_keeper(base::Fd gateway) {
  block_signals();
  ::prctl(PR_SET_NAME, "gantry-keeper");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::setsid();
  (void)!::chdir("/");  // so that no folder of the gateway's is held
  KeeperProcess(keep_only(std::move(gateway))).run();
}

}  // namespace gantry::process
