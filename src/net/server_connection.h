// One client connection: reads requests one after the other, writes their answers in order.
// Internal to net/.
#pragma once

#include <memory>
#include <string>

#include "net/http_body.h"
#include "net/http_server.h"

namespace gantry::net {

class ServerConnection final : public async::IoHandler {
 public:
  ServerConnection(std::unique_ptr<Stream> stream, Entrance entrance);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  void attach(HttpServer& server, std::size_t slot);
  void on_io(async::Ready ready) override;
  void start() { pump(); }
  /// Closes what is past its deadline.
  void check(base::Instant now);
  /// Between two requests: closes at once; else after the answer.
  void close_when_idle();
  void close();

 private:
  friend class Exchange;
  friend class HttpServer;
  enum class Took : std::uint8_t { kNeedsMore, kOne, kStopped };
  enum class State : std::uint8_t { kOpen, kClosing, kClosed };

  void pump();
  bool fill();
  Took take(std::string_view bytes, std::size_t& consumed);
  Took take_chunked(const RequestHead& head, std::string_view bytes, std::size_t& consumed);
  Took continue_chunked(std::string_view bytes, std::size_t& consumed);
  Took serve(const RequestHead& head, std::string_view body);
  Took refuse(int status, std::string_view reason);
  Took move_to(int loop);
  void send(std::initializer_list<std::string_view> parts);
  void send_head(int status, std::string_view headers, std::string_view framing);
  void flush();
  void answered();
  void linger();

  std::unique_ptr<Stream> stream_;
  Entrance entrance_;
  HttpServer* server_ = nullptr;
  std::size_t slot_ = 0;
  std::shared_ptr<Exchange> exchange_;  // the request that is being answered
  std::string inbox_;                   // a request that is not whole yet, and what follows it
  std::size_t wanted_ = 0;              // bytes of inbox_ before another look is worth it
  std::string chunked_head_;            // set while a chunked body comes in
  std::string chunked_body_;
  ChunkDecoder chunks_;
  std::string outbox_;
  base::Instant last_active_{};
  int moving_to_ = -1;
  State state_ = State::kOpen;
  bool readable_ = true;
  bool hung_up_ = false;
  bool keep_alive_ = true;
  bool chunked_answer_ = true;
  bool head_only_ = false;
  bool continued_ = false;
  bool pumping_ = false;
};

}  // namespace gantry::net
