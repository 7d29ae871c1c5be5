#include "net/dial.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cerrno>
#include <memory>

namespace gantry::net {

std::optional<SocketAddress> literal_address(const Address& address) {
  SocketAddress found;
  if (!address.socket.empty()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    const auto& path = address.socket.native();
    if (path.size() >= sizeof local.sun_path) return std::nullopt;
    std::memcpy(local.sun_path, path.data(), path.size());
    std::memcpy(&found.storage, &local, sizeof local);
    found.size = sizeof local;
    return found;
  }
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, address.host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(address.port);
    std::memcpy(&found.storage, &four, sizeof four);
    found.size = sizeof four;
    return found;
  }
  if (::inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(address.port);
    std::memcpy(&found.storage, &six, sizeof six);
    found.size = sizeof six;
    return found;
  }
  return std::nullopt;
}

base::Result<std::vector<SocketAddress>> look_up(const Address& address) {
  if (const auto literal = literal_address(address)) return std::vector{*literal};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const auto port = fmt::format("{}", address.port);
  if (const int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list);
      error != 0) {
    return base::fail(base::Code::kUnavailable, fmt::format("cannot find the address of '{}': {}",
                                                            address.host, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
  std::vector<SocketAddress> found;
  for (const auto* at = list; at != nullptr; at = at->ai_next) {
    auto& next = found.emplace_back();
    std::memcpy(&next.storage, at->ai_addr, at->ai_addrlen);
    next.size = at->ai_addrlen;
  }
  return found;
}

base::Result<base::Fd> begin_connect(const SocketAddress& address) {
  const int family = address.storage.ss_family;
  base::Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, "cannot make a socket");
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(fd.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);  // NOLINT: the sockets API
  if (::connect(fd.number(), raw, address.size) != 0 && errno != EINPROGRESS) {
    return base::fail_errno(errno, "cannot connect");
  }
  return fd;
}

}  // namespace gantry::net
