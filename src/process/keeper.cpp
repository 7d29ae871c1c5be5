#include "process/keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "process/child.h"
#include "process/keeper_process.h"
#include "process/wire.h"

namespace gantry::process {
namespace {

using base::Fd;

using Ends = std::pair<Fd, Fd>;

base::Result<Ends> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail_errno(errno, "cannot open a pipe");
  return Ends(ends[0], ends[1]);
}

base::Result<Ends> open_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::fail_errno(errno, "cannot open a pair of sockets");
  }
  return Ends(ends[0], ends[1]);
}

base::Result<> make_nonblocking(const Fd& fd) {
  if (::fcntl(fd.number(), F_SETFL, O_NONBLOCK) != 0) {
    return base::fail_errno(errno, "cannot make a descriptor non-blocking");
  }
  return {};
}

/// The gateway's ends of what a Launch holds.
struct Ours {
  Fd in;
  Fd out;
  Fd err;
  Fd control;
};

base::Result<std::pair<Ours, Launch>> open_all(const Spawn& spawn) {
  auto spec = GANTRY_TRY(pack(spawn));
  auto in = GANTRY_TRY(open_pipe());
  auto out = GANTRY_TRY(open_pipe());
  auto err = GANTRY_TRY(open_pipe());
  auto control = GANTRY_TRY(open_sockets());
  for (const Fd* ours : {&in.second, &out.first, &err.first, &control.first}) {
    // The flag is of the end, not of the pipe: the server's own ends block, as it expects.
    GANTRY_TRY(make_nonblocking(*ours));
  }
  return std::pair(Ours{.in = std::move(in.second),
                        .out = std::move(out.first),
                        .err = std::move(err.first),
                        .control = std::move(control.first)},
                   Launch{.in = std::move(in.first),
                          .out = std::move(out.second),
                          .err = std::move(err.second),
                          .control = std::move(control.second),
                          .spec = std::move(spec)});
}

std::unexpected<base::Error> unsent(int number) {
  if (number == EPIPE || number == ECONNRESET) {
    return base::fail(base::Code::kIo, "the keeper process is gone: no server can be started",
                      "restart the gateway");
  }
  if (number == EAGAIN) {
    return base::fail(base::Code::kIo, "too many servers are being started at once");
  }
  return base::fail_errno(number, "cannot tell the keeper process to start a server");
}

class ForkedKeeper final : public Keeper {
 public:
  ForkedKeeper(pid_t pid, Fd socket) : pid_(pid), socket_(std::move(socket)) {}

  ~ForkedKeeper() override {
    socket_.reset();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// Until it stands in its own session, the terminal's signals would reach it.
  base::Result<> await_ready() {
    char byte = 0;
    ssize_t got = -1;
    do {
      got = ::recv(socket_.number(), &byte, 1, 0);
    } while (got < 0 && errno == EINTR);
    if (got == 1) return {};
    return base::fail(base::Code::kIo, "the keeper process ended at its start");
  }

  base::Result<std::unique_ptr<Child>> spawn(async::Loop& loop, Spawn spawn,
                                             ChildEvents events) override {
    auto [ours, launch] = GANTRY_TRY(open_all(spawn));
    auto child = std::make_unique<WatchedChild>(
        loop, std::move(ours.control),
        Attempt{.command = spawn.argv.front(), .cwd = spawn.cwd.string()}, std::move(events));
    child->in = std::move(ours.in);
    child->out = std::move(ours.out);
    child->err = std::move(ours.err);
    GANTRY_TRY(child->watch());
    if (const int number = send_launch(socket_.number(), launch); number != 0)
      return unsent(number);
    return child;
  }

  [[nodiscard]] pid_t pid() const override { return pid_; }

 private:
  pid_t pid_;
  Fd socket_;
};

}  // namespace

base::Result<std::unique_ptr<Keeper>> Keeper::create() {
  auto [ours, theirs] = GANTRY_TRY(open_sockets());
  const auto pid = ::fork();
  if (pid < 0) return base::fail_errno(errno, "cannot start the keeper process");
  if (pid == 0) {
    ours.reset();
    run_keeper(std::move(theirs));
  }
  theirs.reset();
  auto keeper = std::make_unique<ForkedKeeper>(pid, std::move(ours));
  GANTRY_TRY(keeper->await_ready());
  return keeper;
}

}  // namespace gantry::process
