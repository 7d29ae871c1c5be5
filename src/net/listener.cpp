#include "net/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/dial.h"
#include "observe/log.h"

namespace gantry::net {
namespace {

constexpr int kBacklog = 4096;
constexpr base::Millis kPause{100};

const sockaddr* raw(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);  // NOLINT: the sockets API
}

std::string peer_name(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &from, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(four.sin_port));
  }
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &from, sizeof six);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return fmt::format("[{}]:{}", text.data(), ntohs(six.sin6_port));
  }
  return "unix";
}

std::uint16_t port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);  // NOLINT: the sockets API
  // The port stands at the same place in both families.
  sockaddr_in four{};
  std::memcpy(&four, &bound, sizeof four);
  return ntohs(four.sin_port);
}

bool answers(const SocketAddress& address) {
  const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.number(), raw(address), address.size) == 0;
}

std::unexpected<base::Error> no_such_address(const std::string& name) {
  return base::fail(base::Code::kInvalid,
                    fmt::format("cannot listen on {}: no such address here", name));
}

/// What is no socket is somebody's file: it is not ours to replace.
bool other_file(const std::filesystem::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode);
}

}  // namespace

Listener::Listener(base::Fd fd, std::uint16_t port, std::filesystem::path path)
    : fd_(std::move(fd)), port_(port), path_(std::move(path)) {}

Listener::~Listener() { stop(); }

base::Result<std::unique_ptr<Listener>> Listener::tcp(const std::string& host, std::uint16_t port) {
  const auto name = fmt::format("{}:{}", host, port);
  auto found = look_up({.tls = false, .host = host, .port = port, .socket = {}});
  if (!found) return no_such_address(name);
  const auto& address = found->front();
  base::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, fmt::format("cannot listen on {}", name));
  const int on = 1;
  ::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.number(), raw(address), address.size) != 0 ||
      ::listen(fd.number(), kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return base::fail(base::Code::kConflict, fmt::format("{} is in use by another program", name),
                        "stop it, or choose another: gantry up --listen 127.0.0.1:0");
    }
    if (errno == EADDRNOTAVAIL) return no_such_address(name);
    return base::fail_errno(errno, fmt::format("cannot listen on {}", name));
  }
  const auto bound = port_of(fd.number());
  return std::unique_ptr<Listener>(new Listener(std::move(fd), bound, {}));
}

base::Result<std::unique_ptr<Listener>> Listener::local(const std::filesystem::path& path) {
  const auto address = literal_address({.tls = false, .host = {}, .port = 0, .socket = path});
  if (!address)
    return base::fail(base::Code::kInvalid,
                      fmt::format("{}: too long for a socket's path", path.string()),
                      "set GANTRY_STATE_DIR to a shorter folder");
  base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, "cannot make a socket");
  if (other_file(path)) {
    return base::fail(base::Code::kConflict,
                      fmt::format("{} exists and is not a socket", path.string()));
  }
  if (answers(*address)) {
    return base::fail(base::Code::kConflict,
                      fmt::format("{} is in use by another program", path.string()));
  }
  ::unlink(path.c_str());
  const auto mask = ::umask(0177);  // the file is never wider than 0600, not even for a moment
  const bool bound = ::bind(fd.number(), raw(*address), address->size) == 0;
  const int error = errno;
  ::umask(mask);
  if (!bound) return base::fail_errno(error, fmt::format("cannot listen on {}", path.string()));
  if (::listen(fd.number(), kBacklog) != 0)
    return base::fail_errno(errno, fmt::format("cannot listen on {}", path.string()));
  return std::unique_ptr<Listener>(new Listener(std::move(fd), 0, path));
}

base::Result<> Listener::start(async::Loop& loop, Accept accept) {
  loop_ = &loop;
  accept_ = std::move(accept);
  return loop.watch(fd_.number(), *this);
}

void Listener::stop() {
  if (!fd_) return;
  if (loop_ != nullptr) loop_->unwatch(fd_.number(), *this);
  pause_.disarm();
  fd_.reset();
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Listener::on_io(async::Ready) {
  while (fd_) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* into = reinterpret_cast<sockaddr*>(&from);  // NOLINT: the sockets API
    base::Fd connection(::accept4(fd_.number(), into, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      accept_(std::move(connection),
              {.unix_socket = !path_.empty(), .port = port_, .peer = peer_name(from)});
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The next edge may never come: look again when something may have been closed.
      observe::warn("listener.exhausted", {{"reason", std::strerror(errno)}});
      pause_.arm(loop_->wheel(), kPause, [this] { on_io({}); });
      return;
    }
  }
}

}  // namespace gantry::net
