// One connection with its own session, in a closed loop: it asks, checks the answer, asks again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http_response.h"

namespace gantry::bench {

using Instant = std::chrono::steady_clock::time_point;

struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string path = "/";
  std::string tool = "echo";
  std::size_t payload = 64;  ///< bytes of a call's text, at the least what tells calls apart
};

enum class Phase : std::uint8_t {
  kClosed,
  kInitialize,
  kInitialized,
  kIdle,
  kCall,
  kDelete,
  kEnded
};

/// What one turn of the connection brought.
enum class Turn : std::uint8_t {
  kNothing,  ///< not yet
  kReady,    ///< the session stands: calls may be made
  kCalled,   ///< the right answer came
  kEnded,    ///< the session was deleted
  kFailed,   ///< see error(); the connection is closed
};

class Client {
 public:
  Client(const Target& target, int epoll, std::uint32_t index)
      : target_(target), epoll_(epoll), index_(index) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  /// Connects when it must; false with error() set when it cannot.
  bool initialize();
  bool call();
  bool end_session();
  /// For a plain proxy's upstream without sessions.
  void skip_session() { phase_ = Phase::kIdle; }
  /// The descriptor is readable or writable.
  Turn on_io();
  void close();

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] Instant asked_at() const { return asked_at_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool connect();
  bool send(std::string_view method, std::string_view body, Phase phase);
  bool flush();
  bool watch(int operation, bool writable) const;
  Turn fail(std::string why);
  Turn finish();
  Turn finish_initialize();
  Turn finish_call();

  const Target& target_;
  int epoll_;
  std::uint32_t index_;
  int fd_ = -1;
  Phase phase_ = Phase::kClosed;
  std::uint64_t sequence_ = 0;
  std::string session_;
  std::string version_;
  std::string id_;
  std::string text_;
  std::string request_;
  std::size_t sent_ = 0;
  HttpResponse response_;
  Instant asked_at_;
  std::string error_;
};

}  // namespace gantry::bench
