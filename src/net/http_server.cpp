#include "net/http_server.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "net/server_connection.h"

namespace gantry::net {
namespace {
constexpr base::Millis kSweep{1000};
constexpr std::size_t kScratch = 64U << 10U;
}  // namespace

void Exchange::respond(int status, std::string_view headers,
                       std::initializer_list<std::string_view> body) {
  if (connection_ == nullptr) return;
  GANTRY_ASSERT(!streaming_ && body.size() <= 6);
  auto& connection = *connection_;
  std::size_t length = 0;
  for (const auto part : body) length += part.size();
  std::array<char, 40> framing{};
  const auto* end = fmt::format_to(framing.data(), "Content-Length: {}\r\n", length);
  // RFC 9110 8.6: no length where there can be no body.
  const auto line = status == 204 ? std::string_view() : std::string_view(framing.data(), end);
  connection.send_head(status, headers, line);
  std::array<std::string_view, 6> parts{};
  if (!connection.head_only_) std::ranges::copy(body, parts.begin());
  connection.send(
      {connection.server_->head_, parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]});
  if (connection_ != nullptr) connection.answered();
}

void Exchange::begin_stream(int status, std::string_view headers) {
  if (connection_ == nullptr) return;
  GANTRY_ASSERT(!streaming_);
  streaming_ = true;
  auto& connection = *connection_;
  if (!connection.chunked_answer_) connection.keep_alive_ = false;
  connection.send_head(status, headers,
                       connection.chunked_answer_ ? "Transfer-Encoding: chunked\r\n" : "");
  connection.send({connection.server_->head_});
}

void Exchange::write(std::string_view piece) {
  if (connection_ == nullptr || piece.empty()) return;
  GANTRY_ASSERT(streaming_);
  auto& connection = *connection_;
  if (connection.head_only_) return;
  if (connection.outbox_.size() > connection.server_->settings_.outbox) {
    connection.server_->counts_.cut_off.fetch_add(1, std::memory_order_relaxed);
    return connection.close();
  }
  if (!connection.chunked_answer_) return connection.send({piece});
  std::array<char, 24> size{};
  const auto* end = fmt::format_to(size.data(), "{:x}\r\n", piece.size());
  connection.send({std::string_view(size.data(), end), piece, "\r\n"});
}

void Exchange::finish() {
  if (connection_ == nullptr) return;
  GANTRY_ASSERT(streaming_);
  auto& connection = *connection_;
  if (connection.chunked_answer_ && !connection.head_only_) connection.send({"0\r\n\r\n"});
  if (connection_ != nullptr) connection.answered();
}

HttpServer::HttpServer(async::Loop& loop, Service& service, const ServerSettings& settings,
                       ServerCounts& counts)
    : loop_(loop),
      service_(service),
      settings_(settings),
      counts_(counts),
      peers_{this},
      scratch_(kScratch) {}

HttpServer::~HttpServer() = default;

void HttpServer::add(base::Fd fd, Entrance entrance) {
  if (!entrance.unix_socket) {
    const int on = 1;
    ::setsockopt(fd.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  counts_.connections.fetch_add(1, std::memory_order_relaxed);
  adopt(std::make_unique<ServerConnection>(plain_stream(std::move(fd)), std::move(entrance)));
}

void HttpServer::adopt(std::unique_ptr<ServerConnection> connection) {
  if (!sweeper_.armed()) sweeper_.arm(loop_.wheel(), kSweep, [this] { sweep(); });
  auto& added = *connection;
  added.attach(*this, connections_.size());
  connections_.push_back(std::move(connection));
  if (!loop_.watch(added.stream_->fd(), added)) return added.close();
  if (draining_) added.close_when_idle();
  added.start();
}

void HttpServer::pump_later(ServerConnection& connection) {
  if (to_pump_.empty()) {
    loop_.defer([this] {
      for (auto* one : std::exchange(to_pump_, {})) {
        if (one != nullptr) one->pump();
      }
    });
  }
  to_pump_.push_back(&connection);
}

std::unique_ptr<ServerConnection> HttpServer::release(ServerConnection& connection) {
  std::ranges::replace(to_pump_, &connection, nullptr);
  loop_.unwatch(connection.stream_->fd(), connection);
  const auto slot = connection.slot_;
  auto released = std::move(connections_.at(slot));
  if (slot + 1 != connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot_ = slot;
  }
  connections_.pop_back();
  return released;
}

void HttpServer::destroy(ServerConnection& connection) {
  counts_.connections.fetch_sub(1, std::memory_order_relaxed);
  // The connection may be in the middle of a call: it goes when the round is over.
  if (ended_.empty()) {
    loop_.defer([this] { ended_.clear(); });
  }
  ended_.push_back(release(connection));
  if (draining_ && connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void HttpServer::sweep() {
  for (auto at = connections_.size(); at > 0; --at) {
    if (at <= connections_.size()) connections_[at - 1]->check(loop_.now());
  }
  if (!connections_.empty()) sweeper_.arm(loop_.wheel(), kSweep, [this] { sweep(); });
}

void HttpServer::drain(std::move_only_function<void()> then) {
  draining_ = true;
  drained_ = std::move(then);
  for (auto at = connections_.size(); at > 0; --at) {
    if (at <= connections_.size()) connections_[at - 1]->close_when_idle();
  }
  if (connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void HttpServer::close_all() {
  while (!connections_.empty()) connections_.back()->close();
}

std::string_view HttpServer::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto second = now.time_since_epoch().count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(second));
  }
  return date_;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace gantry::net
