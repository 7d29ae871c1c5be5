#include "net/client_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "base/assert.h"
#include "base/strings.h"

namespace gantry::net {
namespace {

constexpr std::size_t kMostHead = 64U << 10U;
constexpr std::size_t kMostParts = 6;

/// One read buffer a thread: what is read is used up before the next read.
std::span<char> scratch() {
  thread_local std::vector<char> room(64U << 10U);
  return room;
}

std::string name_of(const Address& address) {
  if (!address.socket.empty()) return address.socket.string();
  return fmt::format("{}:{}", address.host, address.port);
}

/// Node and others say how long they keep a connection: "timeout=5".
base::Millis idle_limit_of(const ResponseHead& head, base::Millis most) {
  const auto said = head.headers.find("keep-alive");
  if (!said || !said->starts_with("timeout=")) return most;
  const auto seconds = base::parse_number(said->substr(8, said->find(',') - 8));
  if (!seconds || *seconds > 86400) return most;
  // A second less than it says, so that our request does not cross its close.
  return std::min(most, base::Millis(*seconds > 1 ? (*seconds - 1) * 1000 : 0));
}

}  // namespace

ClientConnection::~ClientConnection() {
  if (stream_) pool_.context_.loop.unwatch(stream_->fd(), *this);
}

void ClientConnection::open(std::initializer_list<std::string_view> parts, ResponseSink& sink) {
  sink_ = &sink;
  for (const auto part : parts) outbox_.append(part);
  if (const auto literal = literal_address(pool_.address_)) {
    candidates_ = {*literal};
    opening_ = true;
    try_next({});
    opening_ = false;
    return;
  }
  look_up();
}

/// Whether this connection, asked for later, is still the one that is being opened.
bool ClientConnection::is_opening(const std::weak_ptr<HttpPool*>& pool,
                                  const ClientConnection* self) {
  const auto alive = pool.lock();
  if (!alive) return false;
  const auto same = [&](const auto& one) { return one.get() == self; };
  return std::ranges::any_of((*alive)->all_, same) && self->state_ == State::kConnecting;
}

void ClientConnection::look_up() {
  // The connection may be abandoned meanwhile: it is found again by its slot and address, or not at
  // all.
  pool_.context_.offload.run(
      pool_.context_.loop, [address = pool_.address_] { return net::look_up(address); },
      [pool = std::weak_ptr(pool_.self_),
       self = this](base::Result<std::vector<SocketAddress>> found) {
        if (!is_opening(pool, self)) return;
        if (!found) return self->fail(std::move(found).error());
        self->candidates_ = std::move(*found);
        self->try_next({});
      });
}

void ClientConnection::try_next(base::Error last) {
  if (stream_) {
    pool_.context_.loop.unwatch(stream_->fd(), *this);
    stream_.reset();
  }
  readable_ = hung_up_ = false;  // said of the address before
  while (tried_ < candidates_.size()) {
    auto fd = begin_connect(candidates_[tried_++]);
    if (!fd) {
      last = std::move(fd).error();
      continue;
    }
    if (pool_.address_.tls) {
      auto wrapped = pool_.context_.tls->wrap(std::move(*fd), pool_.address_.host);
      if (!wrapped) return fail(std::move(wrapped).error());
      stream_ = std::move(*wrapped);
    } else {
      stream_ = plain_stream(std::move(*fd));
    }
    if (auto watched = pool_.context_.loop.watch(stream_->fd(), *this); !watched) {
      return fail(std::move(watched).error());
    }
    return;
  }
  last.message = fmt::format("cannot connect to {}: {}", name_of(pool_.address_), last.message);
  fail(std::move(last));
}

bool ClientConnection::reuse(std::initializer_list<std::string_view> parts, ResponseSink& sink) {
  std::array<iovec, kMostParts> vectors{};
  std::size_t count = 0;
  for (const auto part : parts)
    vectors.at(count++) = {const_cast<char*>(part.data()), part.size()};  // NOLINT
  const auto sent = stream_->write(std::span(vectors).first(count));
  if (sent.status == IoStatus::kFailed) return false;
  auto skip = sent.bytes;
  for (const auto part : parts) {
    const auto gone = std::min(skip, part.size());
    skip -= gone;
    outbox_.append(part.substr(gone));
  }
  sink_ = &sink;
  wrote_ = true;
  state_ = State::kWaiting;
  return true;
}

void ClientConnection::on_io(async::Ready ready) {
  if (ready.hangup) hung_up_ = true;
  if (ready.readable) readable_ = true;
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(stream_->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return try_next(base::fail_errno(error, "no connection").error());
    if (!ready.writable) return;
    state_ = State::kWaiting;
  }
  if (state_ == State::kIdle) {
    if (ready.readable) close();  // closed by the peer, or talking out of turn
    return;
  }
  if (!outbox_.empty() && !flush()) return;
  if (readable_) read();
  // A TLS handshake may have ended with that read; no other event would come.
  if (!outbox_.empty() && (state_ == State::kWaiting || state_ == State::kBody)) flush();
}

bool ClientConnection::flush() {
  while (!outbox_.empty()) {
    const iovec part{outbox_.data(), outbox_.size()};
    const auto sent = stream_->write({&part, 1});
    if (sent.status == IoStatus::kFailed) {
      fail(
          base::Error{.code = base::Code::kUnavailable,
                      .message = fmt::format("{}: {}", name_of(pool_.address_), stream_->failure()),
                      .hint = {},
                      .context = {}});
      return false;
    }
    if (sent.status == IoStatus::kBlocked) return true;
    wrote_ = true;
    outbox_.erase(0, sent.bytes);
  }
  outbox_.shrink_to_fit();
  return true;
}

void ClientConnection::read() {
  const auto room = scratch();
  while (readable_ && state_ != State::kEnded && state_ != State::kIdle) {
    const auto got = stream_->read(room);
    if (got.status == IoStatus::kBlocked) {
      readable_ = false;
      return;
    }
    if (got.status == IoStatus::kEnd) return ended_by_peer();
    if (got.status == IoStatus::kFailed) {
      return fail(
          base::Error{.code = base::Code::kUnavailable,
                      .message = fmt::format("{}: {}", name_of(pool_.address_), stream_->failure()),
                      .hint = {},
                      .context = {}});
    }
    if (got.bytes < room.size() && stream_->short_read_drains() && !hung_up_) readable_ = false;
    const std::string_view bytes(room.data(), got.bytes);
    if (inbox_.empty()) {
      consume(bytes);
    } else {
      inbox_.append(bytes);
      const auto held = std::exchange(inbox_, {});
      consume(held);
    }
  }
}

/// Takes what it can; what is left waits in inbox_.
void ClientConnection::consume(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t taken = 0;
    if (state_ == State::kWaiting) {
      taken = take_head(bytes);
    } else if (state_ == State::kBody) {
      taken = take_body(bytes);
    } else {
      // Bytes after the answer: nobody asked for them.
      if (state_ == State::kIdle) close();
      return;
    }
    if (state_ == State::kEnded) return;
    bytes.remove_prefix(taken);
    if (taken == 0) break;
  }
  if (state_ == State::kWaiting || state_ == State::kBody) inbox_ = bytes;
}

std::size_t ClientConnection::take_head(std::string_view bytes) {
  const auto refused = [&](std::string_view why) {
    fail(base::Error{
        .code = base::Code::kUnavailable,
        .message = fmt::format("{} answers malformed HTTP: {}", name_of(pool_.address_), why),
        .hint = {},
        .context = {}});
    return 0U;
  };
  const auto end = find_head_end(bytes);
  if (!end) return bytes.size() > kMostHead ? refused("the head is too large") : 0U;
  ResponseHead head;
  if (const auto parsed = parse_response(bytes, head); !parsed)
    return refused(parsed.error().reason);
  if (head.status < 200) return head.size;  // 100 Continue and its kin: the answer follows
  const bool bodiless = head.status == 204 || head.status == 304;
  chunked_ = head.body.chunked && !bodiless;
  chunks_ = ChunkDecoder();
  left_ = bodiless ? 0 : head.body.length;
  keep_alive_ = head.keep_alive && (chunked_ || left_);
  idle_limit_ = idle_limit_of(head, pool_.idle_time_);
  state_ = State::kBody;
  sink_->on_head(head);
  if (state_ == State::kBody && !chunked_ && left_ == 0U) {
    if (head.size < bytes.size()) keep_alive_ = false;  // it talks out of turn
    auto& sink = *sink_;
    finish();
    sink.on_body({}, true);
  }
  return head.size;
}

std::size_t ClientConnection::take_body(std::string_view bytes) {
  if (chunked_) return take_chunks(bytes);
  if (left_) return take_length(bytes);
  sink_->on_body(bytes, false);
  return bytes.size();
}

std::size_t ClientConnection::take_length(std::string_view bytes) {
  const auto piece = bytes.substr(0, *left_);
  *left_ -= piece.size();
  const bool last = *left_ == 0;
  if (last && piece.size() < bytes.size()) keep_alive_ = false;  // it talks out of turn
  auto& sink = *sink_;
  // Kept before the sink is told, so that what it asks next may go on this connection.
  if (last) finish();
  sink.on_body(piece, last);
  return piece.size();
}

std::size_t ClientConnection::take_chunks(std::string_view bytes) {
  const auto step = chunks_.feed(bytes);
  if (!step) {
    fail(base::Error{.code = base::Code::kUnavailable,
                     .message = fmt::format("{} answers malformed HTTP: {}",
                                            name_of(pool_.address_), step.error()),
                     .hint = {},
                     .context = {}});
    return 0;
  }
  auto& sink = *sink_;
  if (step->finished) {
    if (step->consumed < bytes.size()) keep_alive_ = false;
    finish();
    sink.on_body(step->content, true);
  } else if (!step->content.empty()) {
    sink.on_body(step->content, false);
  }
  return step->consumed;
}

void ClientConnection::ended_by_peer() {
  if (state_ == State::kBody && !chunked_ && !left_) {
    auto& sink = *sink_;
    close();
    return sink.on_body({}, true);
  }
  fail(base::Error{.code = base::Code::kUnavailable,
                   .message = fmt::format("{} closed the connection before its answer was complete",
                                          name_of(pool_.address_)),
                   .hint = {},
                   .context = {}});
}

void ClientConnection::finish() {
  sink_ = nullptr;
  if (!keep_alive_ || hung_up_ || idle_limit_.count() == 0 || !outbox_.empty()) return close();
  state_ = State::kIdle;
  idle_since_ = pool_.context_.loop.now();
  pool_.keep(*this);
}

void ClientConnection::fail(base::Error error) {
  if (opening_) {
    // The sink is in the middle of asking: it is told when that is over.
    pool_.context_.loop.defer(
        [pool = std::weak_ptr(pool_.self_), self = this, late = std::move(error)]() mutable {
          if (is_opening(pool, self)) self->fail(std::move(late));
        });
    return;
  }
  auto* sink = std::exchange(sink_, nullptr);
  const auto sent = wrote_ ? Sent::kMaybe : Sent::kNever;
  close();
  if (sink != nullptr) sink->on_failed(std::move(error), sent);
}

void ClientConnection::close() {
  if (std::exchange(state_, State::kEnded) == State::kEnded) return;
  sink_ = nullptr;
  pool_.destroy(*this);
}

}  // namespace gantry::net
