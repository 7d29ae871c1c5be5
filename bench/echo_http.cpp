// An MCP server over Streamable HTTP (legacy) with one tool, `echo`: one thread, one epoll, one
// read and one write a call. Prints its port on stdout, then serves until it is told to stop.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "echo.h"

namespace {

using gantry::bench::Outcome;

constexpr std::size_t kMostBytes = 16U << 20U;  // of one request

struct Connection {
  int fd = -1;
  std::string in;
  std::string out;
  bool closing = false;  // the peer asked for it, or sent what cannot be read
  bool blocked = false;  // EPOLLOUT is awaited
};

struct Request {
  std::string_view method;
  std::string_view body;
  std::size_t size = 0;  // with its head
  bool close = false;
  bool refused = false;  // a length that cannot be read
};

bool is_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view value_of(std::string_view line, std::size_t name_size) {
  line.remove_prefix(name_size + 1);
  const std::size_t start = line.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

void read_header(std::string_view line, Request& request, std::size_t& length) {
  if (is_name(line, "content-length")) {
    const std::string_view value = value_of(line, 14);
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || length > kMostBytes) request.refused = true;
  } else if (is_name(line, "transfer-encoding")) {
    request.refused = true;  // no proxy of the bench sends a request in chunks
  } else if (is_name(line, "connection")) {
    request.close = ::strncasecmp(value_of(line, 10).data(), "close", 5) == 0;
  }
}

/// The first request of `in`, once it is whole.
std::optional<Request> next_request(std::string_view in) {
  const std::size_t head_end = in.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::nullopt;
  Request request;
  request.method = in.substr(0, in.find(' '));
  std::size_t length = 0;
  std::size_t at = in.find("\r\n");
  while (at < head_end) {
    const std::size_t end = in.find("\r\n", at + 2);
    read_header(in.substr(at + 2, end - at - 2), request, length);
    at = end;
  }
  request.size = head_end + 4 + (request.refused ? 0 : length);
  if (in.size() < request.size) return std::nullopt;
  request.body = in.substr(head_end + 4, request.size - head_end - 4);
  return request;
}

void respond_to_post(std::string_view body, std::string& out) {
  static std::string answer;  // one thread: its memory is kept from call to call
  static unsigned sessions = 0;
  answer.clear();
  const Outcome outcome = gantry::bench::echo(body, answer);
  if (outcome == Outcome::kNothing) {
    out += "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    return;
  }
  if (outcome == Outcome::kMalformed) {
    out += "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    return;
  }
  out += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  if (outcome == Outcome::kInitialize) {
    out += "Mcp-Session-Id: echo-" + std::to_string(++sessions) + "\r\n";
  }
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), answer.size()).ptr;
  out += "Content-Length: ";
  out.append(digits.data(), end);
  out += "\r\n\r\n";
  out += answer;
}

void respond(const Request& request, std::string& out) {
  if (request.refused) {
    out += "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  } else if (request.method == "POST") {
    respond_to_post(request.body, out);
  } else if (request.method == "DELETE") {
    out += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  } else {
    out += "HTTP/1.1 405 Method Not Allowed\r\nAllow: POST, DELETE\r\nContent-Length: 0\r\n\r\n";
  }
}

class Server {
 public:
  Server() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  bool listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 1024) != 0) return false;
    if (::getsockname(listener_, raw, &size) != 0) return false;
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  }

  int run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) return EXIT_FAILURE;
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_all();
        } else {
          serve(*connections_[static_cast<std::size_t>(event.data.fd)], event.events);
        }
      }
    }
  }

 private:
  bool watch(int operation, int fd, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_, operation, fd, &event) == 0;
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      const auto slot = static_cast<std::size_t>(fd);
      if (connections_.size() <= slot) connections_.resize(slot + 1);
      connections_[slot] = std::make_unique<Connection>();
      connections_[slot]->fd = fd;
      watch(EPOLL_CTL_ADD, fd, EPOLLIN);
    }
  }

  void serve(Connection& connection, std::uint32_t events) {
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_some(connection)) {
      return drop(connection);
    }
    answer_all(connection);
    if (!write_some(connection)) drop(connection);
  }

  bool read_some(Connection& connection) {
    const ssize_t count = ::read(connection.fd, chunk_.data(), chunk_.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    connection.in.append(chunk_.data(), static_cast<std::size_t>(count));
    return count > 0 && connection.in.size() <= kMostBytes + chunk_.size();
  }

  static void answer_all(Connection& connection) {
    std::size_t used = 0;
    const std::string_view in = connection.in;
    while (!connection.closing && used < in.size()) {
      const std::optional<Request> request = next_request(in.substr(used));
      if (!request) break;
      respond(*request, connection.out);
      connection.closing = request->close || request->refused;
      used += request->size;
    }
    connection.in.erase(0, used);
  }

  /// False when the connection is done with.
  bool write_some(Connection& connection) const {
    if (!connection.out.empty()) {
      const ssize_t count =
          ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (count > 0) connection.out.erase(0, static_cast<std::size_t>(count));
    }
    const bool blocked = !connection.out.empty();
    if (blocked != connection.blocked) {
      connection.blocked = blocked;
      watch(EPOLL_CTL_MOD, connection.fd, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
    return blocked || !connection.closing;
  }

  void drop(Connection& connection) {
    const int fd = connection.fd;
    ::close(fd);
    connections_[static_cast<std::size_t>(fd)].reset();
  }

  int epoll_;
  int listener_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::array<char, 65536> chunk_{};
};

}  // namespace

int main() {
  Server server;
  if (!server.listen()) {
    std::fprintf(stderr, "bench_echo_http: cannot listen: %s\n", std::strerror(errno));
    return EXIT_FAILURE;
  }
  return server.run();
}
