// For tests: an HTTP server in the test's own loop; the test answers each request by hand.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/url.h"
#include "transport/test_loop.h"

namespace gantry::transport {

class ScriptedHttp final : public net::Service {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    std::shared_ptr<net::Exchange> exchange;
    [[nodiscard]] std::string header(const std::string& name) const {
      const auto found = headers.find(name);
      return found == headers.end() ? "(none)" : found->second;
    }
  };

  explicit ScriptedHttp(TestLoop& loop) : loop_(loop) { open(0); }
  ScriptedHttp(const ScriptedHttp&) = delete;
  ScriptedHttp& operator=(const ScriptedHttp&) = delete;
  ~ScriptedHttp() { close(); }

  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/mcp", port_); }
  /// Waits until so many requests came in all.
  [[nodiscard]] bool has(std::size_t count) {
    return loop_.wait([&] { return requests.size() >= count; });
  }
  void respond(std::size_t request, int status, std::string_view headers, std::string_view body) {
    loop_.on([&] { requests.at(request).exchange->respond(status, headers, body); });
  }
  void json(std::size_t request, std::string_view body, std::string_view more_headers = {}) {
    respond(request, 200, fmt::format("Content-Type: application/json\r\n{}", more_headers), body);
  }
  void begin_events(std::size_t request, std::string_view more_headers = {}) {
    loop_.on([&] {
      requests.at(request).exchange->begin_stream(
          200, fmt::format("Content-Type: text/event-stream\r\n{}", more_headers));
    });
  }
  void write(std::size_t request, std::string_view text) {
    loop_.on([&] { requests.at(request).exchange->write(text); });
  }
  void finish(std::size_t request) {
    loop_.on([&] { requests.at(request).exchange->finish(); });
  }
  /// Every connection breaks, in the middle of whatever it was at.
  void break_connections() {
    loop_.on([&] { server_->close_all(); });
  }
  /// Nobody listens any more.
  void go_away() { close(); }
  /// At the same address again.
  void come_back() { open(port_); }

  int loop_for(const net::RequestHead&, const net::Entrance&, int here) override { return here; }
  void serve(const net::RequestHead& head, std::string_view body, const net::Entrance&,
             std::shared_ptr<net::Exchange> exchange) override {
    Request request{.method = std::string(head.method),
                    .target = std::string(head.target),
                    .headers = {},
                    .body = std::string(body),
                    .exchange = std::move(exchange)};
    for (const auto& header : head.headers)
      request.headers[base::to_lower(header.name)] = header.value;
    requests.push_back(std::move(request));
    loop_.poke();
    if (on_request) on_request(requests.back());
  }

  std::vector<Request> requests;
  std::function<void(const Request&)> on_request;

 private:
  void open(std::uint16_t port) {
    listener_ = net::Listener::tcp("127.0.0.1", port).value();
    port_ = listener_->port();
    loop_.on([&] {
      server_ = std::make_unique<net::HttpServer>(loop_.loop(), *this, settings_, counts_);
      listener_
          ->start(loop_.loop(),
                  [this](base::Fd fd, net::Entrance entrance) {
                    server_->add(std::move(fd), std::move(entrance));
                  })
          .value();
    });
  }
  void close() {
    loop_.on([&] {
      listener_.reset();
      if (server_) server_->close_all();
    });
    loop_.on([&] { server_.reset(); });  // a round later: the connections end with theirs
  }

  TestLoop& loop_;
  net::ServerSettings settings_;
  net::ServerCounts counts_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace gantry::transport
