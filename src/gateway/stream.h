// Where the answer to one POST goes: one JSON body, or a stream of events as soon as anything
// besides the answer has to travel. The GET stream is one as well. Lives on the session's loop.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "gateway/event_log.h"
#include "net/http_server.h"

namespace gantry::gateway {

class Stream {
 public:
  enum class Kind : std::uint8_t { kSingle, kBatch, kStanding };

  Stream(std::uint64_t number, Kind kind, std::size_t answers_due)
      : number_(number), due_(answers_due), kind_(kind) {}

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool done() const { return due_ == 0 && kind_ != Kind::kStanding; }
  [[nodiscard]] bool has_events() const { return events_; }
  [[nodiscard]] bool connected() const { return exchange_ != nullptr && exchange_->alive(); }

  void connect(std::shared_ptr<net::Exchange> exchange) { exchange_ = std::move(exchange); }
  /// Begins the event stream. `priming`: an event that has an id and no data goes first, so that a
  /// client can come back even when nothing else reached it (2025-11-25).
  void begin_events(EventLog& log, bool priming);
  /// One answer; the last one due ends the exchange. `parts`: the pieces of the message, without
  /// raw newlines.
  void answer(EventLog& log, std::initializer_list<std::string_view> parts);
  /// One of the answers due will never come (its call was taken back).
  void give_up_one();
  /// Something else than an answer; begin_events was called.
  void push(EventLog& log, std::string_view message);
  /// Ends the exchange, not the stream: the client is told to come back after `retry`.
  void pause(EventLog& log, base::Millis retry);
  /// Takes the stream up on a new exchange, after the event `sequence`.
  void resume(std::shared_ptr<net::Exchange> exchange, const EventLog& log, std::uint64_t sequence);
  void ping();
  void finish();

 private:
  void prime(EventLog& log);
  void end_if_done();

  std::uint64_t number_;
  std::size_t due_;
  Kind kind_;
  bool events_ = false;
  std::shared_ptr<net::Exchange> exchange_;
  std::string collected_;  // of a batch, until it is complete or becomes a stream
};

inline constexpr std::string_view kJsonHeaders = "Content-Type: application/json\r\n";
inline constexpr std::string_view kEventHeaders =
    "Content-Type: text/event-stream\r\nCache-Control: no-cache, "
    "no-transform\r\nX-Accel-Buffering: no\r\n";

}  // namespace gantry::gateway
