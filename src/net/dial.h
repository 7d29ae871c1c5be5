// Finding and reaching an address: names are looked up off the loop, candidates tried in turn.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <vector>

#include "async/loop.h"
#include "async/offload.h"
#include "net/url.h"

namespace gantry::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// At once for literals and Unix sockets; nothing where a look-up is needed.
[[nodiscard]] std::optional<SocketAddress> literal_address(const Address& address);
/// Blocks: for a worker. kUnavailable where the name is unknown.
[[nodiscard]] base::Result<std::vector<SocketAddress>> look_up(const Address& address);
/// A non-blocking socket whose connect was begun. Errors: at once refused or unreachable.
[[nodiscard]] base::Result<base::Fd> begin_connect(const SocketAddress& address);

}  // namespace gantry::net
