#include "transport/stdio_connector.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <span>
#include <vector>

namespace gantry::transport {
namespace {

std::span<char> scratch() {
  thread_local std::vector<char> room(64U << 10U);
  return room;
}

constexpr std::size_t kShown = 200;  // bytes of a garbage line that are shown

}  // namespace

StdioConnector::StdioConnector(async::Loop& loop, base::Fd in, base::Fd out, base::Fd err,
                               Receiver& receiver, StdioLimits limits)
    : loop_(loop),
      receiver_(&receiver),
      limits_(limits),
      in_(*this, std::move(in)),
      out_(*this, std::move(out)),
      err_(*this, std::move(err)),
      lines_(limits.message),
      log_lines_(limits.log_line) {
  for (auto* pipe : {&in_, &out_, &err_}) {
    if (!pipe->fd) continue;
    // A file cannot be watched and need not be: it is always ready.
    if (!loop_.watch(pipe->fd.number(), *pipe) && pipe != &in_) drop(*pipe);
  }
}

StdioConnector::~StdioConnector() {
  *alive_ = false;
  for (auto* pipe : {&in_, &out_, &err_}) drop(*pipe);
}

void StdioConnector::drop(Pipe& pipe) {
  if (!pipe.fd) return;
  loop_.unwatch(pipe.fd.number(), pipe);
  pipe.fd.reset();
}

void StdioConnector::request(RequestId id, std::string_view body) {
  if (queue(body) || receiver_ == nullptr) return;
  auto error = base::fail(base::Code::kLimit, "the server does not read its input").error();
  receiver_->on_request_failed(id, std::move(error), net::Sent::kNever);
}

void StdioConnector::notify(std::string_view body) { queue(body); }

bool StdioConnector::queue(std::string_view body) {
  if (!in_.fd || closing_input_ || outbox_.size() + body.size() > limits_.outbox) return false;
  outbox_.append(body).push_back('\n');
  if (std::exchange(flush_due_, true)) return true;
  // All that a round brings goes out in one write.
  loop_.defer([this, alive = alive_] {
    if (!*alive) return;
    flush_due_ = false;
    flush();
  });
  return true;
}

void StdioConnector::flush() {
  while (in_.fd && !outbox_.empty()) {
    const auto wrote = ::write(in_.fd.number(), outbox_.data(), outbox_.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) return;
    if (wrote < 0) {
      drop(in_);
      return fail(base::fail(base::Code::kUnavailable, "the server closed its input").error());
    }
    outbox_.erase(0, static_cast<std::size_t>(wrote));
  }
  if (closing_input_ && outbox_.empty()) drop(in_);
}

void StdioConnector::silence() {
  receiver_ = nullptr;
  for (auto* pipe : {&in_, &out_, &err_}) drop(*pipe);
}

void StdioConnector::close_input() {
  closing_input_ = true;
  if (outbox_.empty()) drop(in_);
}

void StdioConnector::on_pipe(Pipe& pipe, async::Ready ready) {
  if (ready.hangup) pipe.hung_up = true;
  if (&pipe == &in_) {
    if (ready.writable || ready.hangup) flush();
  } else if (&pipe == &out_) {
    read_messages();
  } else {
    read_log();
  }
}

void StdioConnector::read_messages() {
  const auto room = scratch();
  const auto alive = alive_;
  while (*alive && out_.fd) {
    const auto got = ::read(out_.fd.number(), room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      drop(out_);
      return fail(base::fail(base::Code::kUnavailable, "the server closed its output").error());
    }
    const auto bytes = static_cast<std::size_t>(got);
    const bool going = lines_.feed(
        std::string_view(room.data(), bytes),
        [&](std::string_view line) { return take_line(line) && *alive; },
        [&] {
          if (receiver_ != nullptr)
            receiver_->on_garbage("", fmt::format("a line over {} bytes", limits_.message));
          return *alive;
        });
    if (!going || (bytes < room.size() && !out_.hung_up)) return;
  }
}

bool StdioConnector::take_line(std::string_view line) {
  if (receiver_ == nullptr) return false;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return true;
  const mcp::ScanLimits limits{.depth = limits_.depth, .bytes = limits_.message};
  if (mcp::is_batch(line)) {
    const auto parts = mcp::split_batch(line, limits, 1000);
    if (!parts) return receiver_->on_garbage(line.substr(0, kShown), parts.error().reason), true;
    const auto alive = alive_;
    for (const auto part : *parts) {
      if (!take_line(part.in(line)) || !*alive) return false;
    }
    return true;
  }
  const auto scanned = mcp::scan(line, limits);
  if (!scanned) {
    receiver_->on_garbage(line.substr(0, kShown), scanned.error().reason);
  } else {
    receiver_->on_message({.bytes = line, .at = *scanned}, 0);
  }
  return true;
}

void StdioConnector::read_log() {
  const auto room = scratch();
  const auto alive = alive_;
  while (*alive && err_.fd) {
    const auto got = ::read(err_.fd.number(), room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      const std::string rest(log_lines_.rest());
      drop(err_);
      if (!rest.empty() && receiver_ != nullptr) receiver_->on_log_line(rest);
      return;
    }
    const auto told = [&](std::string_view line) {
      if (receiver_ != nullptr) receiver_->on_log_line(line);
      return *alive;
    };
    const auto bytes = static_cast<std::size_t>(got);
    if (!log_lines_.feed(std::string_view(room.data(), bytes), told,
                         [&] { return told("(a line too long to keep)"); })) {
      return;
    }
    if (bytes < room.size() && !err_.hung_up) return;
  }
}

void StdioConnector::fail(base::Error error) {
  if (auto* receiver = std::exchange(receiver_, nullptr)) receiver->on_closed(std::move(error));
}

}  // namespace gantry::transport
