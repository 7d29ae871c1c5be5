// A small blocking HTTP client for what runs on this machine: a request a connection, over a Unix
// socket or TCP. Beside the gateway's own network code on purpose: a command has no loop, and
// `doctor` must not share its bugs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/http_reader.h"

namespace gantry::cli {

/// Where to connect: a Unix socket, or a host and port.
struct Endpoint {
  std::filesystem::path socket;
  std::string host;
  std::uint16_t port = 0;
  /// "unix:/run/gantry.sock" or "127.0.0.1:3010".
  [[nodiscard]] std::string text() const;
};
/// "http://HOST[:PORT][/…]" or "unix:/path". A listener on every address is reached on loopback.
/// Error: kInvalid.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view url);
/// The host and port of an http or https URL, to see whether something listens there.
[[nodiscard]] base::Result<Endpoint> remote_endpoint(std::string_view url);

struct Call {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// How long to wait: for the connection, and for each next byte.
struct Patience {
  base::Millis connect{2000};
  base::Millis silence{30'000};
};

/// A connected socket, non-blocking. Errors: kUnavailable, kTimeout, kForbidden, kNotFound (no such
/// socket or name).
[[nodiscard]] base::Result<base::Fd> connect_to(const Endpoint& endpoint, base::Millis patience);

/// One request and its answer. Movable; closes its connection.
class Exchange {
 public:
  static constexpr std::size_t kMostBody = 64U << 20U;

  /// Connects, sends, reads the answer's head.
  [[nodiscard]] static base::Result<Exchange> start(const Endpoint& endpoint, const Call& call,
                                                    Patience patience);
  [[nodiscard]] const Head& head() const { return reader_.head(); }
  /// All of the body that is left, at most kMostBody (kLimit beyond).
  [[nodiscard]] base::Result<std::string> body();
  /// The next bytes of the body; empty at its end.
  [[nodiscard]] base::Result<std::string> more();

 private:
  Exchange(base::Fd socket, Patience patience) : socket_(std::move(socket)), patience_(patience) {}
  [[nodiscard]] base::Result<> send(std::string_view bytes);
  [[nodiscard]] base::Result<> receive();

  base::Fd socket_;
  Patience patience_;
  AnswerReader reader_;
};

}  // namespace gantry::cli
