// One connection to an upstream. Internal to net/.
#pragma once

#include <string>
#include <vector>

#include "net/http_client.h"

namespace gantry::net {

class ClientConnection final : public async::IoHandler {
 public:
  explicit ClientConnection(HttpPool& pool) : pool_(pool) {}
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Queues the request of a new connection, then connects.
  void open(std::initializer_list<std::string_view> parts, ResponseSink& sink);
  /// On a kept connection. False: it broke; nothing was sent, the sink was not told.
  [[nodiscard]] bool reuse(std::initializer_list<std::string_view> parts, ResponseSink& sink);
  void on_io(async::Ready ready) override;

 private:
  friend class HttpPool;
  enum class State : std::uint8_t { kConnecting, kWaiting, kBody, kIdle, kEnded };

  static bool is_opening(const std::weak_ptr<HttpPool*>& pool, const ClientConnection* self);
  void look_up();
  void try_next(base::Error last);
  void connected();
  bool flush();
  void read();
  void consume(std::string_view bytes);
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  std::size_t take_chunks(std::string_view bytes);
  std::size_t take_length(std::string_view bytes);
  void ended_by_peer();
  void finish();
  void fail(base::Error error);
  void close();

  HttpPool& pool_;
  std::unique_ptr<Stream> stream_;
  ResponseSink* sink_ = nullptr;
  std::vector<SocketAddress> candidates_;
  std::size_t tried_ = 0;
  std::string outbox_;
  std::string inbox_;
  ChunkDecoder chunks_;
  bool chunked_ = false;
  std::optional<std::size_t> left_;  // of a body with a length; nothing: until the peer closes
  base::Instant idle_since_{};
  base::Millis idle_limit_{};
  State state_ = State::kConnecting;
  bool readable_ = false;
  bool hung_up_ = false;
  bool keep_alive_ = true;
  bool wrote_ = false;
  bool opening_ = false;
  std::size_t slot_ = 0;
};

}  // namespace gantry::net
