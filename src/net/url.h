// Where an upstream is: a parsed http or https URL, or a Unix socket.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::net {

struct Address {
  bool tls = false;
  std::string host;  ///< name or literal, without the brackets of IPv6
  std::uint16_t port = 80;
  std::filesystem::path socket;  ///< a Unix socket, where it is not empty
};

struct Url {
  Address address;
  std::string authority;  ///< what the Host header says: "host", "host:8080", "[::1]:8080"
  std::string target;     ///< path and query, "/" at least
};

/// http:// and https:// alone; no user, no fragment. Errors: kInvalid.
[[nodiscard]] base::Result<Url> parse_url(std::string_view text);

}  // namespace gantry::net
