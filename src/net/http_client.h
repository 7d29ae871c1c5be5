// The asking side of HTTP/1.1 on one loop: a pool of kept connections to one address; one request
// at a time on each.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "async/offload.h"
#include "net/dial.h"
#include "net/http_body.h"
#include "net/http_head.h"
#include "net/stream.h"
#include "net/tls.h"

namespace gantry::net {

class ClientConnection;

/// Whether a failed request can have reached the other side.
enum class Sent : std::uint8_t { kNever, kMaybe };

/// Who waits for a response. After on_end or on_failed it is never called again.
class ResponseSink {
 public:
  virtual void on_head(const ResponseHead& head) = 0;
  /// `last`: the body ends with it (the usual case: one piece, the whole body).
  virtual void on_body(std::string_view piece, bool last) = 0;
  virtual void on_failed(base::Error error, Sent sent) = 0;

 protected:
  ~ResponseSink() = default;
};

/// What the pools of one loop share.
struct ClientContext {
  async::Loop& loop;
  async::Offload& offload;
  std::shared_ptr<TlsClient> tls;
};

class HttpPool {
 public:
  HttpPool(ClientContext context, Address address, base::Millis idle);
  ~HttpPool();  ///< closes all; no sink is told
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  /// Sends a request (head and body, at most 6 parts; a copy is made of what cannot be written at
  /// once) on a kept connection or a new one. The sink is never called before it returns.
  ClientConnection* send(std::initializer_list<std::string_view> parts, ResponseSink& sink);
  /// Nobody waits any more: closes the connection; the sink is not called again.
  void abandon(ClientConnection& connection);
  [[nodiscard]] std::size_t idle_count() const { return idle_.size(); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }

 private:
  friend class ClientConnection;
  ClientConnection* take_idle();
  void keep(ClientConnection& connection);
  void destroy(ClientConnection& connection);
  void sweep();

  ClientContext context_;
  Address address_;
  base::Millis idle_time_;
  std::vector<std::unique_ptr<ClientConnection>> all_;
  std::vector<ClientConnection*> idle_;  // the last used at the end
  async::Timer sweeper_;
  std::shared_ptr<HttpPool*> self_;  // emptied at the end, for look-ups that come back late
};

}  // namespace gantry::net
