// Who may come in: the Host and Origin rules against DNS rebinding, and bearer tokens. Pure
// decisions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"

namespace gantry::policy {

/// What of a request decides.
struct Arrival {
  bool local = false;  ///< over a Unix socket
  std::string_view host;
  std::optional<std::string_view> origin;         ///< a repeated header: joined by ','
  std::optional<std::string_view> authorization;  ///< likewise
};

/// Why a request is refused.
struct Denial {
  int status = 403;
  std::string reason;
  std::string headers;  ///< whole lines: WWW-Authenticate
};

class Access {
 public:
  /// `ports`: what the TCP listeners are bound to.
  Access(const config::Gateway& gateway, std::vector<std::uint16_t> ports);

  /// Host: the listener's own names (localhost, 127.0.0.1, [::1], the addresses it listens on, each
  /// with or without its port) and allowed_hosts. Origin, where there is one: http(s) on such a
  /// host, or one of allowed_origins; never "null". A Unix socket asks for neither.
  [[nodiscard]] std::optional<Denial> check_source(const Arrival& arrival) const;

  /// Who it is: the token's name, "local" on the Unix socket, "" where no authentication is set.
  /// Nothing: not authenticated.
  [[nodiscard]] std::optional<std::string> authenticate(const Arrival& arrival) const;
  [[nodiscard]] static Denial unauthenticated();

 private:
  [[nodiscard]] bool known_host(std::string_view authority) const;

  std::vector<std::string> hosts_;    // lower case, without port
  std::vector<std::string> allowed_;  // as configured: host or host:port
  std::vector<std::string> origins_;
  std::vector<std::uint16_t> ports_;
  std::vector<config::Token> tokens_;
};

}  // namespace gantry::policy
