#include "config/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include "base/strings.h"
#include "config/checks.h"

namespace gantry::config {
namespace {

constexpr auto kForms = "write 127.0.0.1:3010, [::1]:3010, localhost:3010 or unix:/run/gantry.sock";

base::Result<Listen> parse_unix(std::string_view path) {
  if (!path.starts_with('/')) {
    return base::fail(base::Code::kInvalid, fmt::format("'unix:{}' is not an absolute path", path),
                      kForms);
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return base::fail(base::Code::kInvalid, fmt::format("'unix:{}' is too long for a socket", path),
                      fmt::format("at most {} characters", sizeof(sockaddr_un::sun_path) - 1));
  }
  return Listen{.host = {}, .port = 0, .socket = path};
}

}  // namespace

base::Result<Listen> parse_listen(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()));
  const auto bad = [text](std::string_view why) {
    return base::fail(base::Code::kInvalid, fmt::format("'{}' {}", text, why), kForms);
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("has no port");
  auto host = text.substr(0, colon);
  const auto port = base::parse_number(text.substr(colon + 1));
  if (!port || *port > 65535) return bad("has no port between 0 and 65535");
  if (host.empty()) return bad("names no address; for every one write 0.0.0.0");
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return bad("needs brackets around the address");
  }
  if (bracketed ? !is_ipv6(host) : !is_host(host)) return bad("is not an address");
  return Listen{
      .host = base::to_lower(host), .port = static_cast<std::uint16_t>(*port), .socket = {}};
}

bool same_address(const Listen& a, const Listen& b) {
  if (a.is_unix() || b.is_unix()) return a.socket == b.socket;
  const auto name = [](const Listen& listen) {
    return listen.host == "localhost" ? "127.0.0.1" : listen.host;
  };
  return a.port != 0 && a.port == b.port && name(a) == name(b);
}

bool Listen::is_loopback() const {
  in_addr four = {};
  in6_addr six = {};
  if (is_unix() || base::iequals(host, "localhost")) return true;
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0;
}

std::string Listen::text() const {
  if (is_unix()) return fmt::format("unix:{}", socket.string());
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace gantry::config
