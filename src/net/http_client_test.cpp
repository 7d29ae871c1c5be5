#include "net/http_client.h"

#include <gtest/gtest.h>

#include "net/client_connection.h"
#include "net/test_support.h"

namespace gantry::net {
namespace {

/// Collects one answer: "200 body" at its end, or "failed never: …".
class Answer final : public ResponseSink {
 public:
  void on_head(const ResponseHead& head) override {
    EXPECT_FALSE(in_send);
    status_ = head.status;
    if (then_head) then_head();
  }
  void on_body(std::string_view piece, bool last) override {
    EXPECT_FALSE(in_send);
    body_.append(piece);
    if (!last) {
      pieces.add(std::string(piece));
      return;
    }
    auto text = fmt::format("{} {}", status_, std::exchange(body_, {}));
    if (then) then();
    ended.add(std::move(text));
  }
  void on_failed(base::Error error, Sent sent) override {
    EXPECT_FALSE(in_send) << "the sink is never called before send() returns";
    code = error.code;
    ended.add(fmt::format("failed {}: {}", sent == Sent::kNever ? "never" : "maybe", error.text()));
  }
  [[nodiscard]] std::string text() { return ended.wait(1).back(); }

  Log pieces;
  Log ended;
  bool in_send = false;
  base::Code code = base::Code::kInternal;
  std::function<void()> then;
  std::function<void()> then_head;

 private:
  int status_ = 0;
  std::string body_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  void TearDown() override {
    loop.run([&] { pool.reset(); });
  }
  void make_pool(std::uint16_t port, std::string host = "127.0.0.1",
                 base::Millis idle = base::Millis(60'000)) {
    pool = std::make_unique<HttpPool>(
        ClientContext{.loop = loop.loop(), .offload = offload, .tls = nullptr},
        Address{.tls = false, .host = std::move(host), .port = port, .socket = {}}, idle);
  }
  ClientConnection* send(Answer& answer, std::string_view request = "GET / HTTP/1.1\r\n\r\n") {
    ClientConnection* made = nullptr;
    loop.run([&] {
      answer.in_send = true;
      made = pool->send({request.substr(0, 4), request.substr(4)}, answer);
      answer.in_send = false;
    });
    return made;
  }
  /// What the pool holds, told by its loop.
  std::pair<std::size_t, std::size_t> counts() {
    std::pair<std::size_t, std::size_t> found;
    loop.run([&] { found = {pool->count(), pool->idle_count()}; });
    return found;
  }
  using Counts = std::pair<std::size_t, std::size_t>;

  async::Offload offload;
  LoopThread loop;
  std::unique_ptr<HttpPool> pool;
};

TEST_F(HttpClientTest, TalksToOurServer) {
  SmallServer server;
  make_pool(server.port);
  for (const auto& [request, wanted] : std::vector<std::pair<std::string, std::string>>{
           {get("/a"), "200 0 GET /a "},
           {post("/p", std::string(3U << 20U, 'x')), "200 0 POST /p 3145728 bytes"},
           {get("/large"), "200 " + std::string(3U << 20U, 'z')},
           {get("/nothing"), "204 "},
           {get("/one/b"), "200 1 GET /one/b "},
       }) {
    Answer answer;
    send(answer, request);
    EXPECT_EQ(answer.text(), wanted) << request.substr(0, 40);
  }
  EXPECT_EQ(server.counts.connections, 1U);
  EXPECT_EQ(counts(), Counts(1, 1));
}

TEST_F(HttpClientTest, FindsNamesAndReusesTheConnection) {
  SmallServer server;
  make_pool(server.port, "localhost");
  for (int i = 0; i < 3; ++i) {
    Answer answer;
    send(answer, get("/a"));
    EXPECT_EQ(answer.text(), "200 0 GET /a ");
  }
  EXPECT_EQ(counts(), Counts(1, 1));
}

TEST_F(HttpClientTest, UsesOneConnectionForEachThatIsWaited) {
  SmallServer server;
  make_pool(server.port);
  Answer held;
  Answer other;
  send(held, get("/hold"));
  EXPECT_EQ(server.service.served.wait(1).size(), 1U);
  send(other, get("/a"));
  EXPECT_EQ(other.text(), "200 0 GET /a ");
  EXPECT_EQ(counts(), Counts(2, 1));
  server.first.run([&] { server.service.held->respond(200, "", "held"); });
  EXPECT_EQ(held.text(), "200 held");
  EXPECT_EQ(counts(), Counts(2, 2));
}

TEST_F(HttpClientTest, TheNextRequestMayBeSentFromTheAnswer) {
  SmallServer server;
  make_pool(server.port);
  Answer first;
  Answer second;
  const auto request = get("/b");
  first.then = [&] { pool->send({request}, second); };
  send(first, get("/a"));
  EXPECT_EQ(second.text(), "200 0 GET /b ");
  EXPECT_EQ(counts(), Counts(1, 1));
}

TEST_F(HttpClientTest, GivesAStreamAsItComes) {
  SmallServer server;
  make_pool(server.port);
  Answer answer;
  send(answer, get("/stream"));
  EXPECT_EQ(server.service.served.wait(1).size(), 1U);
  server.first.run([&] { server.service.held->write("one"); });
  EXPECT_EQ(answer.pieces.wait(1).back(), "one");
  server.first.run([&] { server.service.held->write("two"); });
  EXPECT_EQ(answer.pieces.wait(2).back(), "two");
  server.first.run([&] { server.service.held->finish(); });
  EXPECT_EQ(answer.text(), "200 onetwo");
}

TEST_F(HttpClientTest, AbandoningClosesAndTellsTheServer) {
  SmallServer server;
  make_pool(server.port);
  Answer answer;
  auto* connection = send(answer, get("/stream"));
  EXPECT_EQ(server.service.served.wait(1).size(), 1U);
  loop.run([&] { pool->abandon(*connection); });
  EXPECT_EQ(server.service.gone.wait(1).size(), 1U);
  EXPECT_EQ(counts(), Counts(0, 0));
  EXPECT_TRUE(answer.ended.lines().empty());
}

TEST_F(HttpClientTest, ASinkMayAbandonInTheMiddle) {
  Upstream upstream;
  make_pool(upstream.port);
  Answer answer;
  auto* connection = send(answer);
  answer.then_head = [&] { pool->abandon(*connection); };
  auto peer = upstream.accept();
  peer.take_until("\r\n\r\n");
  peer.send(ok("body"));
  EXPECT_TRUE(peer.at_end());
  EXPECT_EQ(counts(), Counts(0, 0));
  EXPECT_TRUE(answer.ended.lines().empty());
}

TEST_F(HttpClientTest, RefusedIsNeverSent) {
  Upstream upstream;
  upstream.close();
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    make_pool(upstream.port, host);
    Answer answer;
    send(answer);
    EXPECT_TRUE(answer.text().starts_with(
        fmt::format("failed never: cannot connect to {}:{}", host, upstream.port)))
        << answer.text();
    EXPECT_EQ(answer.code, base::Code::kUnavailable);
    EXPECT_EQ(counts(), Counts(0, 0));
    loop.run([&] { pool.reset(); });
  }
}

TEST_F(HttpClientTest, AnUnknownNameIsNeverSent) {
  make_pool(80, "no-such-host.invalid");
  Answer answer;
  send(answer);
  EXPECT_TRUE(answer.text().starts_with("failed never: ")) << answer.text();
  EXPECT_EQ(answer.code, base::Code::kUnavailable);
}

TEST_F(HttpClientTest, ALookUpMayComeBackTooLate) {
  std::promise<void> go_on;
  offload.run([&] { go_on.get_future().wait(); });
  make_pool(80, "localhost");
  Answer abandoned;
  Answer dropped;
  auto* connection = send(abandoned);
  send(dropped);
  loop.run([&] { pool->abandon(*connection); });
  loop.run([&] { pool.reset(); });
  Log passed;
  offload.run([&] { loop.loop().post([&] { passed.add("passed"); }); });
  go_on.set_value();
  EXPECT_EQ(passed.wait(1).size(), 1U);
  EXPECT_TRUE(abandoned.ended.lines().empty());
  EXPECT_TRUE(dropped.ended.lines().empty());
}

struct Played {
  std::string answer;  ///< then the peer closes
  std::string told;
};

TEST_F(HttpClientTest, ReadsAnswersUntilTheClose) {
  const std::string malformed = "answers malformed HTTP: ";
  const std::string cut = "closed the connection before its answer was complete";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& [answer, told] : std::vector<Played>{
           {"HTTP/1.1 200 OK\r\n\r\nuntil the close", "200 until the close"},
           {"HTTP/1.0 200 OK\r\n\r\n", "200 "},
           {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + ok("x"), "200 x"},
           {ok("") + "more", "200 "},
           {ok("x") + ok("out of turn"), "200 x"},
           {chunked + "1\r\na\r\n2;x\r\nbc\r\n0\r\nT: x\r\n\r\n", "200 abc"},
           {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304 "},
           {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 "},
           {"", cut},
           {"HTTP/1.1 200 OK\r\nA", cut},
           {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd", cut},
           {chunked + "5\r\nabcd", cut},
           {chunked + "1\r\na\r\n0\r\n", cut},
           {chunked + "x\r\n", malformed},
           {"HTTP/2 200 OK\r\n\r\n", malformed},
           {"HTTP/1.1 200 OK\nA: b\n\n", malformed},
           {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", malformed},
           {"HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x'), malformed},
       }) {
    Upstream upstream;
    make_pool(upstream.port);
    Answer sink;
    send(sink);
    auto peer = upstream.accept();
    EXPECT_EQ(peer.take_until("\r\n\r\n"), "GET / HTTP/1.1\r\n\r\n");
    peer.send(answer);
    peer.shut();
    if (told == cut || told == malformed) {
      EXPECT_TRUE(sink.text().starts_with("failed maybe: ")) << answer << sink.text();
      EXPECT_TRUE(sink.text().contains(told)) << answer.substr(0, 100) << sink.text();
    } else {
      EXPECT_EQ(sink.text(), told);
    }
    EXPECT_TRUE(peer.at_end());
    EXPECT_EQ(sink.ended.lines().size(), 1U);
    loop.run([&] { pool.reset(); });
  }
}

TEST_F(HttpClientTest, ReadsAnswersByteByByte) {
  Upstream upstream;
  make_pool(upstream.port);
  Answer first;
  Answer second;
  send(first);
  auto peer = upstream.accept();
  peer.take_until("\r\n\r\n");
  for (const char c : ok("body")) peer.send({&c, 1});
  EXPECT_EQ(first.text(), "200 body");
  send(second);
  peer.take_until("\r\n\r\n");
  for (const char c : std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n0\r\n\r\n")) {
    peer.send({&c, 1});
  }
  EXPECT_EQ(second.text(), "200 abc");
  EXPECT_EQ(counts(), Counts(1, 1));
}

TEST_F(HttpClientTest, ACutByResetIsMaybe) {
  Upstream upstream;
  make_pool(upstream.port);
  Answer answer;
  send(answer);
  auto peer = upstream.accept();
  peer.take_until("\r\n\r\n");
  peer.abort();
  EXPECT_TRUE(answer.text().starts_with("failed maybe: ")) << answer.text();
  EXPECT_EQ(answer.code, base::Code::kUnavailable);
}

TEST_F(HttpClientTest, WhatTalksOutOfTurnAnswersNoLaterRequest) {
  for (const auto& early :
       {ok("") + ok("early"), ok("x") + ok("early"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") +
            ok("early")}) {
    Upstream upstream;
    make_pool(upstream.port);
    Answer first;
    Answer second;
    first.then = [&] { pool->send({"GET /2 HTTP/1.1\r\n\r\n"}, second); };
    send(first);
    auto peer = upstream.accept();
    peer.take_until("\r\n\r\n");
    peer.send(early);
    EXPECT_TRUE(peer.at_end()) << "that connection is not used again";
    auto next = upstream.accept();
    EXPECT_EQ(next.take_until("\r\n\r\n"), "GET /2 HTTP/1.1\r\n\r\n");
    next.send(ok("right"));
    EXPECT_EQ(second.text(), "200 right");
    loop.run([&] { pool.reset(); });
  }
}

TEST_F(HttpClientTest, AKeptConnectionThatThePeerClosedIsNotUsed) {
  Upstream upstream;
  make_pool(upstream.port);
  Answer first;
  Answer second;
  send(first);
  auto peer = upstream.accept();
  peer.take_until("\r\n\r\n");
  peer.send(ok("one"));
  EXPECT_EQ(first.text(), "200 one");
  EXPECT_EQ(counts(), Counts(1, 1));
  peer.shut();
  EXPECT_TRUE(peer.at_end()) << "it is closed as soon as that is known";
  send(second);
  auto next = upstream.accept();
  next.take_until("\r\n\r\n");
  next.send(ok("two"));
  EXPECT_EQ(second.text(), "200 two");
}

TEST_F(HttpClientTest, KeepsAsLongAsThePeerSays) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"Connection: close\r\n", 0},     {"Keep-Alive: timeout=1\r\n", 0},
      {"Keep-Alive: timeout=0\r\n", 0}, {"Keep-Alive: timeout=5, max=100\r\n", 1},
      {"Keep-Alive: timeout=x\r\n", 1}, {"", 1},
  };
  for (const auto& [header, kept] : cases) {
    Upstream upstream;
    make_pool(upstream.port);
    Answer answer;
    send(answer);
    auto peer = upstream.accept();
    peer.take_until("\r\n\r\n");
    peer.send(ok("x", header));
    EXPECT_EQ(answer.text(), "200 x");
    EXPECT_EQ(counts(), Counts(kept, kept)) << header;
    loop.run([&] { pool.reset(); });
  }
}

TEST_F(HttpClientTest, ClosesWhatIsIdleForTooLong) {
  Upstream upstream;
  make_pool(upstream.port, "127.0.0.1", base::Millis(50));
  Answer answer;
  send(answer);
  auto peer = upstream.accept();
  peer.take_until("\r\n\r\n");
  peer.send(ok("x"));
  EXPECT_EQ(answer.text(), "200 x");
  EXPECT_TRUE(peer.at_end());
  EXPECT_EQ(counts(), Counts(0, 0));
}

}  // namespace
}  // namespace gantry::net
