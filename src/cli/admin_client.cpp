#include "cli/admin_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/strings.h"

namespace gantry::cli {
namespace {

using base::Code;
using base::fail;
using base::fail_errno;
using base::Fd;
using base::Result;

/// Waits until the socket is ready for `events`.
Result<> wait(const Fd& socket, short events, base::Millis patience) {
  pollfd entry{.fd = socket.number(), .events = events, .revents = 0};
  const auto end = base::Clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<base::Millis>(end - base::Clock::now()).count();
    const auto bounded = std::clamp<long long>(left, 0, 1'000'000'000);
    const int ready = ::poll(&entry, 1, static_cast<int>(bounded));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "cannot wait for the gateway");
    if (ready == 0) {
      return fail(Code::kTimeout,
                  fmt::format("no answer within {}", base::format_duration(patience)));
    }
  }
}

Result<Fd> connect_address(const sockaddr* address, socklen_t length, const std::string& name,
                           base::Millis patience) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto failed = [&](int number) {
    return fail_errno(number, fmt::format("cannot connect to {}", name));
  };
  if (!socket) return failed(errno);
  if (::connect(socket.number(), address, length) == 0) return socket;
  if (errno == EAGAIN) return failed(ETIMEDOUT);  // a Unix listener whose queue is full
  if (errno != EINPROGRESS) return failed(errno);
  if (auto ready = wait(socket, POLLOUT, patience); !ready) {
    return std::unexpected(std::move(ready).error().within("cannot connect to " + name));
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(error);
  return socket;
}

Result<Fd> connect_unix(const std::filesystem::path& path, base::Millis patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.size() >= sizeof address.sun_path) {
    return fail(Code::kInvalid, fmt::format("the socket's path {} is too long", text),
                "set GANTRY_STATE_DIR to a shorter path");
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return connect_address(reinterpret_cast<const sockaddr*>(&address), sizeof address, text,
                         patience);
}

Result<Fd> connect_tcp(const Endpoint& endpoint, base::Millis patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(endpoint.port);
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &wanted, &found)) {
    return fail(Code::kUnavailable,
                fmt::format("cannot resolve {}: {}", endpoint.host, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  auto last = Result<Fd>(fail(Code::kUnavailable, fmt::format("{} has no address", endpoint.host)));
  for (const auto* each = found; each != nullptr && !last; each = each->ai_next) {
    last = connect_address(each->ai_addr, each->ai_addrlen, endpoint.text(), patience);
  }
  return last;
}

std::string head_of(const Endpoint& endpoint, const Call& call) {
  auto out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", call.method,
                         call.target, endpoint.socket.empty() ? endpoint.text() : "localhost");
  for (const auto& [name, value] : call.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (!call.body.empty() || call.method == "POST") {
    out += fmt::format("Content-Length: {}\r\n", call.body.size());
  }
  return out.append("\r\n");
}

std::unexpected<base::Error> bad_url(std::string_view url, std::string_view why) {
  return fail(Code::kInvalid, fmt::format("'{}' {}", url, why),
              "write http://HOST:PORT or unix:/path/to/socket");
}

}  // namespace

std::string Endpoint::text() const {
  if (!socket.empty()) return "unix:" + socket.string();
  return fmt::format(fmt::runtime(host.contains(':') ? "[{}]:{}" : "{}:{}"), host, port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.starts_with("unix:/")) return Endpoint{std::string(url.substr(5)), {}, 0};
  if (url.starts_with("https://"))
    return bad_url(url, "is https, which this command does not speak");
  auto endpoint = GANTRY_TRY(remote_endpoint(url));
  if (endpoint.host == "0.0.0.0") endpoint.host = "127.0.0.1";
  if (endpoint.host == "::") endpoint.host = "::1";
  return endpoint;
}

Result<Endpoint> remote_endpoint(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return bad_url(url, "is not a URL");
  const auto rest = url.substr(tls ? 8 : 7);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  const bool bracketed = authority.starts_with('[');
  const auto host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == std::string_view::npos) return bad_url(url, "names no host");
  const auto host = authority.substr(bracketed ? 1 : 0, bracketed ? host_end - 1 : host_end);
  const auto after = authority.substr(std::min(host_end, authority.size()) + (bracketed ? 1 : 0));
  if (host.empty() || host.contains('@')) return bad_url(url, "names no host");
  const auto port = after.empty() ? std::optional<unsigned long long>(tls ? 443 : 80)
                                  : base::parse_number(after.substr(1));
  if (!port || *port == 0 || *port > 65535 || (!after.empty() && after.front() != ':')) {
    return bad_url(url, "has no valid port");
  }
  return Endpoint{{}, std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<Fd> connect_to(const Endpoint& endpoint, base::Millis patience) {
  return endpoint.socket.empty() ? connect_tcp(endpoint, patience)
                                 : connect_unix(endpoint.socket, patience);
}

Result<Exchange> Exchange::start(const Endpoint& endpoint, const Call& call, Patience patience) {
  Exchange exchange(GANTRY_TRY(connect_to(endpoint, patience.connect)), patience);
  GANTRY_TRY(exchange.send(head_of(endpoint, call) + call.body));
  while (!exchange.reader_.has_head()) {
    GANTRY_TRY(exchange.receive());
  }
  return exchange;
}

Result<std::string> Exchange::body() {
  std::string all;
  while (true) {
    const auto piece = GANTRY_TRY(more());
    if (piece.empty()) return all;
    all.append(piece);
    if (all.size() > kMostBody) return fail(Code::kLimit, "the answer is over 64 MiB");
  }
}

Result<std::string> Exchange::more() {
  while (true) {
    auto piece = reader_.take();
    if (!piece.empty() || reader_.done()) return piece;
    GANTRY_TRY(receive());
  }
}

Result<> Exchange::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      GANTRY_TRY(wait(socket_, POLLOUT, patience_.silence));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // refused before all was sent: the answer says why, or reading fails
    } else if (errno != EINTR) {
      return fail_errno(errno, "cannot send the request");
    }
  }
  return {};
}

Result<> Exchange::receive() {
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
  while (true) {
    const auto got = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (got > 0) return reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
    if (got == 0) return reader_.close();
    if (errno == EAGAIN) {
      GANTRY_TRY(wait(socket_, POLLIN, patience_.silence));
    } else if (errno != EINTR) {
      return fail_errno(errno, "cannot read the answer");
    }
  }
}

}  // namespace gantry::cli
