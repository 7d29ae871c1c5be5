// For tests: an MCP server over HTTP in the test's own loop. It shakes hands and gives its lists by
// itself; all else it holds until the test answers.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "config/model.h"
#include "mcp/compose.h"
#include "mcp/envelope.h"
#include "transport/test_http.h"

namespace gantry::fabric {

class McpServer {
 public:
  /// A message that came in.
  struct Seen {
    std::string method;  ///< empty: an answer
    std::string id;      ///< raw; empty: a notification
    std::string body;
    std::shared_ptr<net::Exchange> exchange;
    std::string session;
    [[nodiscard]] std::string_view part(mcp::Span mcp::Envelope::* span) const {
      return (mcp::scan(body).value().*span).in(body);
    }
  };

  explicit McpServer(transport::TestLoop& loop) : loop_(loop), http_(loop) {
    http_.on_request = [this](const transport::ScriptedHttp::Request& request) { serve(request); };
  }

  [[nodiscard]] config::Server config(std::string name) const {
    config::Server server;
    server.name = std::move(name);
    server.fingerprint = "print of " + server.name;
    server.kind = config::Remote{.url = http_.url(), .headers = {}};
    server.restart = {
        .first = base::Millis(20), .most = base::Millis(50), .healthy_after = base::Millis(60'000)};
    return server;
  }

  /// Messages of one method that came in so far, in order.
  [[nodiscard]] std::vector<const Seen*> of(std::string_view method) const {
    std::vector<const Seen*> found;
    for (const auto& one : seen) {
      if (one.method == method) found.push_back(&one);
    }
    return found;
  }
  /// Waits until so many of one method came.
  [[nodiscard]] bool has(std::string_view method, std::size_t count = 1) {
    return loop_.wait([&] { return of(method).size() >= count; });
  }
  void answer(const Seen& to, std::string_view result) {
    respond(to, 200, mcp::result(to.id, result));
  }
  void respond(const Seen& to, int status, std::string_view body) {
    loop_.on([&] { to.exchange->respond(status, "Content-Type: application/json\r\n", body); });
  }
  /// An event on the answer stream of a request.
  void say(const Seen& within, std::string_view event) {
    loop_.on([&] {
      if (!within.exchange->streaming())
        within.exchange->begin_stream(200, "Content-Type: text/event-stream\r\n");
      within.exchange->write(fmt::format("data: {}\n\n", event));
    });
  }
  /// An event on the GET stream.
  void say(std::string_view event) {
    ASSERT_TRUE(loop_.wait([&] { return listener_ && listener_->alive(); }));
    loop_.on([&] { listener_->write(fmt::format("data: {}\n\n", event)); });
  }
  /// Answers an initialize that was held.
  void welcome(const Seen& hello) {
    loop_.on([&] { shake_hands(hello); });
  }
  /// From now on it knows no session that began before.
  void forget_sessions() { ++session_; }
  void go_away() { http_.go_away(); }
  void come_back() { http_.come_back(); }

  std::deque<Seen> seen;
  std::string initialize = R"({"protocolVersion":"2025-11-25","capabilities":{},)"
                           R"("serverInfo":{"name":"s","version":"1"}})";
  /// The results that it gives by itself, by method.
  std::map<std::string, std::string, std::less<>> results;
  bool hold_initialize = false;
  bool sessions = false;  ///< it gives session ids, and insists on them

 private:
  void serve(const transport::ScriptedHttp::Request& request) {
    const auto& exchange = request.exchange;
    if (request.method == "DELETE") return exchange->respond(200, "", "");
    if (request.method == "GET") {
      exchange->begin_stream(200, "Content-Type: text/event-stream\r\n");
      listener_ = exchange;
      return;
    }
    const auto at = mcp::scan(request.body).value();
    const auto method = at.method.present() ? mcp::decode_string(at.method.in(request.body)) : "";
    const auto& one = seen.emplace_back(Seen{.method = method,
                                             .id = std::string(at.id.in(request.body)),
                                             .body = request.body,
                                             .exchange = exchange,
                                             .session = request.header("mcp-session-id")});
    if (method == "initialize") {
      if (hold_initialize) return;
      return shake_hands(one);
    }
    if (sessions && one.session != known()) return exchange->respond(404, "", "");
    if (at.kind != mcp::Kind::kRequest) return exchange->respond(202, "", "");
    const auto result = results.find(method);
    if (result == results.end()) return;
    exchange->respond(200, "Content-Type: application/json\r\n",
                      mcp::result(one.id, result->second));
  }

  void shake_hands(const Seen& with) const {
    const auto session = sessions ? fmt::format("Mcp-Session-Id: {}\r\n", known()) : "";
    with.exchange->respond(200, "Content-Type: application/json\r\n" + session,
                           mcp::result(with.id, initialize));
  }
  [[nodiscard]] std::string known() const { return fmt::format("session-{}", session_); }

  transport::TestLoop& loop_;
  transport::ScriptedHttp http_;
  std::shared_ptr<net::Exchange> listener_;
  int session_ = 1;
};

}  // namespace gantry::fabric
