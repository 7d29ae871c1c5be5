// The serving side of HTTP/1.1 on one loop: connections, requests whole, answers whole or as a
// stream.
#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "net/http_head.h"
#include "net/stream.h"

namespace gantry::net {

class ServerConnection;
class HttpServer;

/// Where a connection came in.
struct Entrance {
  bool unix_socket = false;
  std::uint16_t port = 0;  ///< the local port
  std::string peer;        ///< "127.0.0.1:51234", "unix"
};

/// The answer to one request, and the way to learn that nobody waits for it any more. Belongs to
/// the loop of its connection; may outlive it.
class Exchange {
 public:
  explicit Exchange(ServerConnection& connection) : connection_(&connection) {}

  /// The whole answer. `headers`: whole lines, each with its CRLF. Once, and not after
  /// begin_stream.
  void respond(int status, std::string_view headers, std::initializer_list<std::string_view> body);
  void respond(int status, std::string_view headers, std::string_view body) {
    respond(status, headers, {body});
  }
  /// The head of an answer whose body comes in pieces; flushed at once.
  void begin_stream(int status, std::string_view headers);
  /// A piece, sent as it comes. A client that does not read is cut off at Settings::outbox.
  void write(std::string_view piece);
  void finish();  ///< after begin_stream: the end of the body
  [[nodiscard]] bool alive() const { return connection_ != nullptr; }
  [[nodiscard]] bool streaming() const { return streaming_; }
  /// Called once when the client goes away before the answer is complete.
  std::move_only_function<void()> on_gone;

 private:
  friend class ServerConnection;
  ServerConnection* connection_;
  bool streaming_ = false;
};

class Service {
 public:
  /// The index of the loop that shall serve this request; the connection moves there.
  virtual int loop_for(const RequestHead& head, const Entrance& entrance, int here) = 0;
  /// Views hold until it returns. Every exchange is answered or finished in the end.
  virtual void serve(const RequestHead& head, std::string_view body, const Entrance& entrance,
                     std::shared_ptr<Exchange> exchange) = 0;

 protected:
  ~Service() = default;
};

struct ServerSettings {
  std::size_t header = 32U << 10U;  ///< limits.header
  std::size_t body = 4U << 20U;     ///< limits.body
  std::size_t outbox = 1U << 20U;   ///< bytes that wait for a client that does not read
  base::Millis keep_alive{75'000};  ///< an idle connection is closed after
  base::Millis request{30'000};     ///< a request has come whole within
};

/// Counted over all loops.
struct ServerCounts {
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> refused = 0;  ///< malformed requests
  std::atomic<std::uint64_t> cut_off = 0;  ///< clients that did not read
};

class HttpServer {
 public:
  HttpServer(async::Loop& loop, Service& service, const ServerSettings& settings,
             ServerCounts& counts);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The servers of all loops, by index: where connections move to. Once, before the first
  /// connection.
  void know(std::vector<HttpServer*> peers) { peers_ = std::move(peers); }
  void add(base::Fd fd, Entrance entrance);  ///< on this loop
  /// No new request is read; connections close as their answers are complete. `then` when none is
  /// left.
  void drain(std::move_only_function<void()> then);
  void close_all();
  [[nodiscard]] async::Loop& loop() const { return loop_; }

 private:
  friend class ServerConnection;
  friend class Exchange;
  void adopt(std::unique_ptr<ServerConnection> connection);
  std::unique_ptr<ServerConnection> release(ServerConnection& connection);
  void destroy(ServerConnection& connection);
  void pump_later(ServerConnection& connection);
  void sweep();
  [[nodiscard]] std::string_view date();

  async::Loop& loop_;
  Service& service_;
  const ServerSettings& settings_;
  ServerCounts& counts_;
  std::vector<HttpServer*> peers_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::unique_ptr<ServerConnection>> ended_;  // destroyed at the end of the round
  std::vector<ServerConnection*> to_pump_;                // answered while another was served
  unsigned serving_ = 0;  // requests being served: scratch_ is in use
  std::vector<char> scratch_;
  std::string head_;  // of the answer in hand
  std::string date_;
  std::int64_t date_second_ = -1;
  async::Timer sweeper_;
  std::move_only_function<void()> drained_;
  bool draining_ = false;
};

/// "OK", "Not Found", …
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace gantry::net
