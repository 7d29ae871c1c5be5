#include "net/server_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <span>

#include "base/assert.h"

namespace gantry::net {
namespace {

constexpr base::Millis kLinger{2000};
/// An idle connection keeps no larger buffer than this.
constexpr std::size_t kKeptBuffer = 4096;

void shrink(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptBuffer) text.shrink_to_fit();
}

}  // namespace

ServerConnection::ServerConnection(std::unique_ptr<Stream> stream, Entrance entrance)
    : stream_(std::move(stream)), entrance_(std::move(entrance)) {}

ServerConnection::~ServerConnection() {
  if (exchange_) exchange_->connection_ = nullptr;
}

void ServerConnection::attach(HttpServer& server, std::size_t slot) {
  server_ = &server;
  slot_ = slot;
  last_active_ = server.loop().now();
}

void ServerConnection::on_io(async::Ready ready) {
  if (ready.hangup) hung_up_ = true;
  if (ready.readable) readable_ = true;
  if (ready.writable && !outbox_.empty()) flush();
  if (state_ == State::kClosed) return;
  // While an answer is due nothing is read; a hang-up then means that nobody waits for it.
  if (hung_up_ && exchange_) return close();
  pump();
}

void ServerConnection::pump() {
  if (pumping_) return;  // an answer given inside serve(): the loop below goes on
  pumping_ = true;
  // Whoever does not read its answers has no more requests read: what waits stays bounded.
  while (state_ != State::kClosed && !exchange_ && moving_to_ < 0 && outbox_.empty()) {
    if (state_ == State::kOpen && inbox_.size() > 0 && inbox_.size() >= wanted_) {
      std::size_t consumed = 0;
      ++server_->serving_;
      const auto took = take(inbox_, consumed);
      --server_->serving_;
      if (state_ == State::kClosed || took == Took::kStopped) continue;
      inbox_.erase(0, consumed);
      if (took == Took::kOne && inbox_.empty()) shrink(inbox_);
      if (took == Took::kOne) continue;
    }
    if (!readable_ || !fill()) break;
  }
  pumping_ = false;
  if (hung_up_ && exchange_) return close();  // it went away with its request; no event follows
  if (moving_to_ >= 0 && state_ != State::kClosed) {
    auto& target = *server_->peers_.at(static_cast<std::size_t>(std::exchange(moving_to_, -1)));
    target.loop().post(
        [&target, self = server_->release(*this)]() mutable { target.adopt(std::move(self)); });
  }
}

/// One read; false when there is nothing (more) to do.
bool ServerConnection::fill() {
  const std::span<char> room(server_->scratch_);
  const auto got = stream_->read(room);
  if (got.status == IoStatus::kBlocked) return readable_ = false;
  if (got.status != IoStatus::kOk) return close(), false;
  if (got.bytes < room.size() && stream_->short_read_drains() && !hung_up_) readable_ = false;
  if (state_ == State::kClosing) return true;  // lingering: what still comes is thrown away
  if (inbox_.empty() && chunked_head_.empty()) last_active_ = server_->loop().now();
  std::string_view bytes(room.data(), got.bytes);
  // The usual case is one whole request: it is served from the shared buffer, without a copy.
  while (inbox_.empty() && outbox_.empty() && !bytes.empty() && !exchange_ &&
         state_ == State::kOpen && moving_to_ < 0) {
    std::size_t consumed = 0;
    ++server_->serving_;
    const auto took = take(bytes, consumed);
    --server_->serving_;
    if (took == Took::kStopped) break;
    bytes.remove_prefix(consumed);
    if (took == Took::kNeedsMore) break;
  }
  if (state_ != State::kClosed) inbox_.append(bytes);
  return state_ != State::kClosed;
}

ServerConnection::Took ServerConnection::take(std::string_view bytes, std::size_t& consumed) {
  if (!chunked_head_.empty()) return continue_chunked(bytes, consumed);
  const auto& settings = server_->settings_;
  // RFC 9112 2.2: an empty line before a request is skipped.
  if (bytes.starts_with("\r\n")) return consumed = 2, Took::kOne;
  const auto end = find_head_end(bytes);
  if ((end ? *end : bytes.size()) > settings.header)
    return refuse(431, "limits.header: the head is too large");
  if (!end) return Took::kNeedsMore;
  RequestHead head;
  if (const auto parsed = parse_request(bytes, head); !parsed) {
    return refuse(parsed.error().status, parsed.error().reason);
  }
  if (head.body.length.value_or(0) > settings.body)
    return refuse(413, "limits.body: the body is too large");
  const auto target = server_->service_.loop_for(head, entrance_, server_->loop().index());
  if (target != server_->loop().index()) return move_to(target);
  if (head.body.chunked) return take_chunked(head, bytes, consumed);
  const auto whole = head.size + head.body.length.value_or(0);
  if (bytes.size() >= whole) {
    consumed = whole;
    wanted_ = 0;
    return serve(head, bytes.substr(head.size, whole - head.size));
  }
  wanted_ = whole;
  if (head.expects_continue && !std::exchange(continued_, true))
    send({"HTTP/1.1 100 Continue\r\n\r\n"});
  return Took::kNeedsMore;
}

ServerConnection::Took ServerConnection::take_chunked(const RequestHead& head,
                                                      std::string_view bytes,
                                                      std::size_t& consumed) {
  chunked_head_ = bytes.substr(0, head.size);
  chunks_ = ChunkDecoder();
  consumed = head.size;
  if (head.expects_continue && bytes.size() == head.size) send({"HTTP/1.1 100 Continue\r\n\r\n"});
  return continue_chunked(bytes, consumed);
}

ServerConnection::Took ServerConnection::continue_chunked(std::string_view bytes,
                                                          std::size_t& consumed) {
  while (true) {
    const auto step = chunks_.feed(bytes.substr(consumed));
    if (!step) return refuse(400, step.error());
    consumed += step->consumed;
    chunked_body_.append(step->content);
    if (chunked_body_.size() + chunks_.announced() > server_->settings_.body)
      return refuse(413, "limits.body: the body is too large");
    if (step->finished) break;
    if (step->consumed == 0) return Took::kNeedsMore;
  }
  const auto kept = std::exchange(chunked_head_, {});
  const auto body = std::exchange(chunked_body_, {});
  RequestHead head;
  GANTRY_ASSERT(parse_request(kept, head).has_value());
  return serve(head, body);
}

ServerConnection::Took ServerConnection::serve(const RequestHead& head, std::string_view body) {
  continued_ = false;
  keep_alive_ = head.keep_alive && !server_->draining_;
  chunked_answer_ = !head.http_1_0;
  head_only_ = head.method == "HEAD";
  last_active_ = server_->loop().now();
  server_->counts_.requests.fetch_add(1, std::memory_order_relaxed);
  auto exchange = std::make_shared<Exchange>(*this);
  exchange_ = exchange;
  server_->service_.serve(head, body, entrance_, std::move(exchange));
  return state_ == State::kOpen ? Took::kOne : Took::kStopped;
}

ServerConnection::Took ServerConnection::refuse(int status, std::string_view reason) {
  server_->counts_.refused.fetch_add(1, std::memory_order_relaxed);
  keep_alive_ = false;
  const auto length = fmt::format("Content-Length: {}\r\n", reason.size() + 1);
  send_head(status, "Content-Type: text/plain\r\n", length);
  send({server_->head_, reason, "\n"});
  if (state_ != State::kClosed) linger();
  return Took::kStopped;
}

ServerConnection::Took ServerConnection::move_to(int loop) {
  // The bytes of the request stay in inbox_ (fill appends them) and are parsed anew over there.
  moving_to_ = loop;
  wanted_ = 0;
  return Took::kStopped;
}

void ServerConnection::send_head(int status, std::string_view headers, std::string_view framing) {
  auto& out = server_->head_;
  out.clear();
  out.append("HTTP/1.1 ")
      .append(fmt::format_int(status).c_str())
      .append(" ")
      .append(reason_phrase(status));
  out.append("\r\nDate: ").append(server_->date()).append("\r\n").append(headers).append(framing);
  if (!keep_alive_) out.append("Connection: close\r\n");
  out.append("\r\n");
}

void ServerConnection::send(std::initializer_list<std::string_view> parts) {
  constexpr std::size_t kMostParts = 8;
  GANTRY_ASSERT(parts.size() <= kMostParts);
  std::size_t skip = 0;
  if (outbox_.empty()) {
    std::array<iovec, kMostParts> vectors{};
    std::size_t count = 0;
    for (const auto part : parts)
      vectors[count++] = {const_cast<char*>(part.data()), part.size()};  // NOLINT
    const auto sent = stream_->write(std::span(vectors).first(count));
    if (sent.status == IoStatus::kFailed) return close();
    skip = sent.bytes;
  }
  const bool began_to_wait = outbox_.empty();
  for (auto part : parts) {
    const auto gone = std::min(skip, part.size());
    skip -= gone;
    outbox_.append(part.substr(gone));
  }
  if (began_to_wait && !outbox_.empty()) last_active_ = server_->loop().now();
}

void ServerConnection::flush() {
  while (!outbox_.empty()) {
    const iovec part{outbox_.data(), outbox_.size()};
    const auto sent = stream_->write({&part, 1});
    if (sent.status == IoStatus::kFailed) return close();
    if (sent.status == IoStatus::kBlocked) return;
    outbox_.erase(0, sent.bytes);
    last_active_ = server_->loop().now();
  }
  shrink(outbox_);
  if (state_ == State::kOpen && !exchange_ && !keep_alive_) linger();
  if (state_ == State::kClosing) ::shutdown(stream_->fd(), SHUT_WR);
}

void ServerConnection::answered() {
  exchange_->connection_ = nullptr;
  exchange_.reset();
  last_active_ = server_->loop().now();
  if (state_ != State::kOpen) return;
  if (!keep_alive_) {
    if (outbox_.empty()) linger();
    return;
  }
  if (inbox_.empty() && !readable_) return;
  // In the middle of serving another, the shared buffer is in use: a little later.
  if (server_->serving_ == 0) {
    pump();
  } else {
    server_->pump_later(*this);
  }
}

/// Closed politely: our side first, then what the client still sends is read, so that no reset
/// destroys the answer.
void ServerConnection::linger() {
  state_ = State::kClosing;
  last_active_ = server_->loop().now();
  if (outbox_.empty()) ::shutdown(stream_->fd(), SHUT_WR);
}

void ServerConnection::check(base::Instant now) {
  const auto& settings = server_->settings_;
  auto limit = settings.keep_alive;
  if (state_ == State::kClosing) limit = kLinger;
  if (!inbox_.empty() || !chunked_head_.empty() || !outbox_.empty())
    limit = std::min(limit, settings.request);
  if (exchange_ && outbox_.empty()) return;
  if (now - last_active_ > limit) close();
}

void ServerConnection::close_when_idle() {
  keep_alive_ = false;
  if (!exchange_ && outbox_.empty()) close();
}

void ServerConnection::close() {
  if (std::exchange(state_, State::kClosed) == State::kClosed) return;
  auto exchange = std::move(exchange_);
  auto& server = *server_;
  server.destroy(*this);  // at the end of the round
  if (!exchange) return;
  exchange->connection_ = nullptr;
  if (exchange->on_gone) std::exchange(exchange->on_gone, nullptr)();
}

}  // namespace gantry::net
