#include "cli/admin_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/json.h"
#include "cli/test_gateway.h"

namespace gantry::cli {
namespace {

TEST(Endpoint, ReadsUrls) {
  struct Case {
    const char* url;
    const char* text;
  };
  for (const auto& [url, text] : {
           Case{"http://127.0.0.1:3010", "127.0.0.1:3010"},
           Case{"http://localhost/mcp?x", "localhost:80"},
           Case{"http://[::1]:3010/mcp", "[::1]:3010"},
           Case{"http://[::1]", "[::1]:80"},
           Case{"http://0.0.0.0:1", "127.0.0.1:1"},
           Case{"http://[::]:1", "[::1]:1"},
           Case{"unix:/run/g.sock", "unix:/run/g.sock"},
       }) {
    const auto endpoint = parse_endpoint(url);
    ASSERT_TRUE(endpoint) << url;
    EXPECT_EQ(endpoint->text(), text);
  }
  EXPECT_EQ(remote_endpoint("https://a.example/mcp")->text(), "a.example:443");
  for (const auto* url :
       {"", "127.0.0.1:3010", "https://a", "http://", "http://:1", "http://a:0", "http://a:65536",
        "http://a:x", "http://u@a", "http://[::1", "http://[::1]x1"}) {
    const auto endpoint = parse_endpoint(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, base::Code::kInvalid);
  }
}

TEST(Exchange, SendsARequestAndReadsTheAnswer) {
  const FakeGateway gateway([](const FakeRequest& request) {
    return http_answer(200, "text/plain",
                       request.method + ' ' + request.target + ' ' + request.body);
  });
  const Call call{.method = "POST",
                  .target = "/a",
                  .headers = {{"X-A", "b"}},
                  .body = std::string(300'000, 'x')};
  auto exchange = Exchange::start({gateway.socket(), {}, 0}, call, {});
  ASSERT_TRUE(exchange) << exchange.error().text();
  EXPECT_EQ(exchange->head().status, 200);
  EXPECT_EQ(*exchange->body(), "POST /a " + call.body);
  const auto head = gateway.requests().at(0).head;
  EXPECT_NE(head.find("Host: localhost\r\n"), std::string::npos);
  EXPECT_NE(head.find("X-A: b\r\n"), std::string::npos);
}

TEST(Exchange, ACutAnswerIsAnError) {
  const FakeGateway gateway([](const FakeRequest&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  auto exchange = Exchange::start({gateway.socket(), {}, 0}, {}, {});
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->body().error().code, base::Code::kUnavailable);
}

TEST(Exchange, SilenceEndsInATimeOut) {
  const FakeGateway gateway([](const FakeRequest&) { return std::string(); });
  // A listener that nobody accepts on: connected by the kernel, never answered.
  const base::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (gateway.folder() / "silent.sock").string();
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(listener.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
  ASSERT_EQ(::listen(listener.number(), 1), 0);
  const auto exchange = Exchange::start({path, {}, 0}, {},
                                        {.connect = base::Millis(50), .silence = base::Millis(20)});
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().code, base::Code::kTimeout);
  EXPECT_EQ(exchange.error().message, "no answer within 20ms");
}

TEST(Api, SaysThatNoGatewayRuns) {
  const FakeGateway gateway([](const FakeRequest&) { return std::string(); });
  std::filesystem::remove(gateway.socket());
  const auto answer = ask_gateway("GET", "/api/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "no gateway runs here");
  EXPECT_EQ(base::row(answer.error().code).exit_status, 4);
  EXPECT_EQ(read_gateway_state().error().message, "no gateway runs here");
}

TEST(Api, TellsTheGatewaysError) {
  const FakeGateway gateway([](const FakeRequest&) {
    return http_answer(404, "application/json",
                       R"({"error":{"code":"not_found","message":"no server 'x'","hint":"see"}})");
  });
  const auto answer = ask_gateway("GET", "/api/v1/servers/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, base::Code::kNotFound);
  EXPECT_EQ(answer.error().message, "no server 'x'");
  EXPECT_EQ(answer.error().hint, "see");
}

TEST(Api, AnErrorWithoutABodyIsToldByItsStatus) {
  EXPECT_EQ(error_of(503, "").code, base::Code::kUnavailable);
  EXPECT_EQ(error_of(503, "").message, "the gateway answered with status 503");
  EXPECT_EQ(error_of(401, "<html>").code, base::Code::kUnauthenticated);
}

TEST(Api, FollowsAnEventStream) {
  const FakeGateway gateway([](const FakeRequest&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "d\r\ndata: {\"a\":1}\r\n2\r\n\n\n\r\n7\r\ndata: 2\r\n2\r\n\n\n\r\n0\r\n\r\n");
  });
  std::vector<std::string> seen;
  const auto done = follow_gateway("/x", {.opened = []() -> base::Result<> { return {}; },
                                          .event = [&](const std::string& data) -> base::Result<> {
                                            seen.push_back(data);
                                            return {};
                                          }});
  EXPECT_TRUE(done) << done.error().text();
  EXPECT_EQ(seen, (std::vector<std::string>{"{\"a\":1}", "2"}));
}

}  // namespace
}  // namespace gantry::cli
