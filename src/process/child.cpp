#include "process/child.h"

#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace gantry::process {

WatchedChild::WatchedChild(async::Loop& loop, base::Fd control, Attempt attempt, ChildEvents events)
    : loop_(loop),
      control_(std::move(control)),
      attempt_(std::move(attempt)),
      events_(std::move(events)) {}

WatchedChild::~WatchedChild() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  close_control();
}

base::Result<> WatchedChild::watch() {
  auto watched = loop_.watch(control_.number(), *this);
  if (!watched) control_.reset();
  return watched;
}

void WatchedChild::close_control() {
  if (!control_) return;
  loop_.unwatch(control_.number(), *this);
  control_.reset();
}

void WatchedChild::order(Order order) {
  // A warden that is gone needs no order, and says so by its socket's end.
  while (control_ && ::send(control_.number(), &order, sizeof(order), MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return;
  }
}

void WatchedChild::on_io(async::Ready /*ready*/) {
  while (control_) {
    Report report;
    const auto got = ::recv(control_.number(), &report, sizeof(report), 0);
    if (got < 0 && errno == EAGAIN) return;
    // ECONNRESET is told once, before what still waits to be read.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    const bool whole = got == static_cast<ssize_t>(sizeof(report));
    if ((whole ? deliver(report) : lost()) == After::kDestroyed) return;
  }
}

template <typename Event, typename... Given>
WatchedChild::After WatchedChild::tell(Event& event, Given&&... given) {
  auto call = std::exchange(event, nullptr);
  if (!call) return After::kGoOn;
  bool destroyed = false;
  destroyed_ = &destroyed;
  call(std::forward<Given>(given)...);
  if (destroyed) return After::kDestroyed;
  destroyed_ = nullptr;
  return After::kGoOn;
}

WatchedChild::After WatchedChild::deliver(const Report& report) {
  switch (report.kind) {
    case Report::Kind::kStarted:
      started_ = true;
      return tell(events_.on_started, report.number);
    case Report::Kind::kFailed:
      return failed(describe_failure(attempt_, report));
    case Report::Kind::kExited:
      return exited({.signalled = report.signalled, .number = report.number});
    case Report::Kind::kGone:
      return gone();
  }
  std::unreachable();
}

WatchedChild::After WatchedChild::failed(base::Error error) {
  close_control();
  return tell(events_.on_failed, std::move(error));
}

WatchedChild::After WatchedChild::exited(Exit exit) {
  exited_ = true;
  return tell(events_.on_exited, exit);
}

WatchedChild::After WatchedChild::gone() {
  close_control();
  return tell(events_.on_gone);
}

/// The warden ended without a last word: it was killed, and the keeper kills what it left.
WatchedChild::After WatchedChild::lost() {
  if (!started_) {
    return failed({.code = base::Code::kIo,
                   .message = "the process that was to start command '" + attempt_.command +
                              "' ended before it had",
                   .hint = "",
                   .context = {}});
  }
  const auto after = exited_ ? After::kGoOn : exited({.signalled = true, .number = SIGKILL});
  return after == After::kGoOn ? gone() : after;
}

}  // namespace gantry::process
