// For the tests of the HTTP connector: one that is connected to a scripted server.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "mcp/envelope.h"
#include "transport/http_connector.h"
#include "transport/test_http.h"
#include "transport/test_receiver.h"

namespace gantry::transport {

class ConnectedTest : public testing::Test {
 protected:
  static constexpr std::size_t kSmallLimit = 100'000;

  ConnectedTest() : url_(net::parse_url(server_.url()).value()) {
    loop_.on([&] {
      connector_ = std::make_unique<HttpConnector>(
          loop_.context(), url_, "X-Key: secret\r\n", receiver_,
          HttpLimits{.message = kSmallLimit, .depth = 32, .idle = base::Millis(60'000)});
    });
  }
  ~ConnectedTest() override {
    loop_.on([&] { connector_.reset(); });
  }

  static std::string body_of(RequestId id) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"ping"}})", id);
  }
  static std::string answer_to(RequestId id) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{}}}})", id);
  }
  static RequestId id_of(std::string_view body) {
    const auto scanned = mcp::scan(body);
    return scanned ? base::parse_number(scanned->id.in(body)).value_or(0) : 0;
  }
  void request(RequestId id) {
    loop_.on([&] { connector_->request(id, body_of(id)); });
  }
  void notify(std::string_view body) {
    loop_.on([&] { connector_->notify(body); });
  }
  void establish() {
    loop_.on([&] { connector_->established("2025-11-25"); });
  }
  /// A session "one-1" whose GET stream was asked for: two requests, one thing told.
  void initialize_session() {
    request(1);
    ASSERT_TRUE(server_.has(1));
    server_.json(0, answer_to(1), "Mcp-Session-Id: one-1\r\n");
    ASSERT_TRUE(receiver_.has(1));
    establish();
    ASSERT_TRUE(server_.has(2));
    ASSERT_EQ(server_.requests[1].method, "GET");
  }
  [[nodiscard]] std::vector<ScriptedHttp::Request*> posts() { return of_method("POST"); }
  [[nodiscard]] std::vector<ScriptedHttp::Request*> gets() { return of_method("GET"); }
  /// The last GET that takes a stream up again.
  [[nodiscard]] ScriptedHttp::Request* resumed() {
    ScriptedHttp::Request* found = nullptr;
    for (auto* one : gets()) {
      if (one->headers.contains("last-event-id")) found = one;
    }
    return found;
  }
  void answer(const ScriptedHttp::Request& to, std::string_view body,
              std::string_view more_headers = {}) {
    loop_.on([&] {
      to.exchange->respond(200, fmt::format("Content-Type: application/json\r\n{}", more_headers),
                           body);
    });
  }
  void begin_events(const ScriptedHttp::Request& on) {
    loop_.on([&] { on.exchange->begin_stream(200, "Content-Type: text/event-stream\r\n"); });
  }
  void write(const ScriptedHttp::Request& on, std::string_view text) {
    loop_.on([&] { on.exchange->write(text); });
  }

  TestLoop loop_;
  ScriptedHttp server_{loop_};
  RecordingReceiver receiver_{loop_};
  net::Url url_;
  std::unique_ptr<HttpConnector> connector_;

 private:
  std::vector<ScriptedHttp::Request*> of_method(std::string_view method) {
    std::vector<ScriptedHttp::Request*> found;
    for (auto& one : server_.requests) {
      if (one.method == method) found.push_back(&one);
    }
    return found;
  }
};

}  // namespace gantry::transport
