// For the tests of this folder: a loop on a thread of its own, a client that reads and writes raw
// bytes, and a small service behind a real listener.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "net/http_server.h"
#include "net/listener.h"

namespace gantry::net {

/// Nothing takes that long: what waits longer hangs.
constexpr int kHungMillis = 20'000;
constexpr std::chrono::milliseconds kHung{kHungMillis};

class LoopThread {
 public:
  explicit LoopThread(int index = 0) : loop_(async::Loop::create(index).value()) {
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~LoopThread() { end(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Runs it on the loop, and waits for it.
  template <typename Action>
  void run(Action action) {
    std::promise<void> done;
    loop_->post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }
  void end() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
  }
  [[nodiscard]] async::Loop& loop() { return *loop_; }

 private:
  std::unique_ptr<async::Loop> loop_;
  std::thread thread_;
};

/// What several threads add to, and one waits for.
class Log {
 public:
  void add(std::string line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
    more_.notify_all();
  }
  /// Waits until `count` lines are there.
  [[nodiscard]] std::vector<std::string> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    const bool there = more_.wait_for(lock, kHung, [&] { return lines_.size() >= count; });
    EXPECT_TRUE(there) << count;
    if (lines_.size() < count) return std::vector<std::string>(count, "hung");
    return lines_;
  }
  [[nodiscard]] std::vector<std::string> lines() { return wait(0); }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::string> lines_;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A connected socket and what came over it: either side of a conversation in raw bytes.
class Raw {
 public:
  explicit Raw(base::Fd fd) : fd_(std::move(fd)) {}
  explicit Raw(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = loopback(port);
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::connect(fd_.number(), to, sizeof address), 0);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0) << errno;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// False where the other side takes no more.
  [[nodiscard]] bool offer(std::string_view bytes) const {
    return ::send(fd_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }
  void shut() { ::shutdown(fd_.number(), SHUT_WR); }
  void close() { fd_.reset(); }
  /// Ends with a reset instead of a polite close.
  void abort() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.number(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

  /// Exactly so many bytes; less where the other side ended.
  std::string take(std::size_t size) {
    while (held_.size() < size && more()) {
    }
    return cut(size);
  }
  /// All up to and with `end`.
  std::string take_until(std::string_view end) {
    while (held_.find(end) == std::string::npos && more()) {
    }
    const auto at = held_.find(end);
    return cut(at == std::string::npos ? held_.size() : at + end.size());
  }
  std::string take_all() {
    while (more()) {
    }
    return cut(held_.size());
  }
  /// One answer with a length: its head, without the Date, and its body.
  std::string take_answer() {
    auto head = take_until("\r\n\r\n");
    const auto date = head.find("Date: ");
    if (date != std::string::npos) head.erase(date, head.find("\r\n", date) + 2 - date);
    std::size_t length = 0;
    const auto said = head.find("Content-Length: ");
    if (said != std::string::npos) {
      std::from_chars(head.data() + said + 16, head.data() + head.size(), length);
    }
    return head + take(length);
  }
  [[nodiscard]] bool at_end() { return take_all().empty() && !hung_; }

 private:
  bool more() {
    pollfd readable{.fd = fd_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kHungMillis) != 1) {
      ADD_FAILURE() << "nothing comes; held: " << held_.substr(0, 200);
      hung_ = true;
      return false;
    }
    std::array<char, 65536> room{};
    const auto got = ::recv(fd_.number(), room.data(), room.size(), 0);
    if (got > 0) held_.append(room.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string cut(std::size_t size) {
    auto out = held_.substr(0, size);
    held_.erase(0, size);
    return out;
  }

  base::Fd fd_;
  std::string held_;
  bool hung_ = false;
};

/// A listening socket whose connections the test plays itself.
class Upstream {
 public:
  Upstream() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.number(), raw, size), 0);
    EXPECT_EQ(::getsockname(fd_.number(), raw, &size), 0);
    EXPECT_EQ(::listen(fd_.number(), 16), 0);
    port = ntohs(address.sin_port);
  }
  Raw accept() {
    pollfd ready{.fd = fd_.number(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, kHungMillis), 1);
    return Raw(base::Fd(::accept4(fd_.number(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  void close() { fd_.reset(); }
  std::uint16_t port = 0;

 private:
  base::Fd fd_;
};

/// /hold and /stream are answered by the test, from the loop; /one/… belongs to the second loop;
/// all else is answered at once with what was asked.
class SmallService final : public Service {
 public:
  int loop_for(const RequestHead& head, const Entrance&, int) override {
    return head.path.starts_with("/one/") ? 1 : 0;
  }
  void serve(const RequestHead& head, std::string_view body, const Entrance& entrance,
             std::shared_ptr<Exchange> exchange) override {
    served.add(fmt::format("{} {}", head.method, head.target));
    if (head.path == "/hold" || head.path == "/stream") {
      exchange->on_gone = [this] { gone.add("gone"); };
      if (head.path == "/stream") exchange->begin_stream(200, "X: y\r\n");
      held = std::move(exchange);
      return;
    }
    if (head.path == "/large") {
      return exchange->respond(200, "", std::string(3U << 20U, 'z'));
    }
    if (head.path == "/nothing") return exchange->respond(204, "", "");
    const auto loop = fmt::format("{} ", async::Loop::current()->index());
    const auto size = body.size() > 100 ? fmt::format("{} bytes", body.size()) : std::string(body);
    EXPECT_TRUE(entrance.peer.starts_with("127.0.0.1:"));
    exchange->respond(200, "", {loop, head.method, " ", head.target, " ", size});
  }

  Log served;
  Log gone;
  std::shared_ptr<Exchange> held;  // of the loop
};

/// A gateway in small: a listener and a server on each loop.
class SmallServer {
 public:
  explicit SmallServer(ServerSettings chosen = {}) : settings(chosen) {
    for (auto* loop : {&first, &second}) {
      loop->run([&] {
        servers.push_back(std::make_unique<HttpServer>(loop->loop(), service, settings, counts));
      });
    }
    for (const auto& server : servers) server->know({servers[0].get(), servers[1].get()});
    first.run([&] {
      listener = Listener::tcp("127.0.0.1", 0).value();
      port = listener->port();
      EXPECT_TRUE(listener->start(first.loop(), [this](base::Fd fd, Entrance entrance) {
        servers[0]->add(std::move(fd), std::move(entrance));
      }));
    });
  }
  ~SmallServer() {
    first.run([&] {
      listener.reset();
      service.held.reset();
      servers[0]->close_all();
    });
    second.run([&] { servers[1]->close_all(); });
    first.end();
    second.end();
  }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  [[nodiscard]] Raw connect() const { return Raw(port); }

  ServerSettings settings;
  ServerCounts counts;
  SmallService service;
  LoopThread first{0};
  LoopThread second{1};
  std::vector<std::unique_ptr<HttpServer>> servers;
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
};

inline std::string get(std::string_view target, std::string_view more = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, more);
}
inline std::string post(std::string_view target, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", target,
                     body.size(), body);
}
inline std::string ok(std::string_view body, std::string_view more = "") {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more, body);
}

}  // namespace gantry::net
