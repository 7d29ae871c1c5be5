#include "net/http_server.h"

#include <gtest/gtest.h>

#include "net/test_support.h"

namespace gantry::net {
namespace {

constexpr std::string_view kClose = "Connection: close\r\n";

TEST(HttpServer, AnswersOneAfterTheOtherOnOneConnection) {
  SmallServer server;
  auto client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(get(fmt::format("/{}?q", i)));
    EXPECT_EQ(client.take_answer(), ok(fmt::format("0 GET /{}?q ", i)));
  }
  client.send(post("/p", "body"));
  EXPECT_EQ(client.take_answer(), ok("0 POST /p body"));
  EXPECT_EQ(server.counts.connections, 1U);
  EXPECT_EQ(server.counts.requests, 4U);
}

TEST(HttpServer, AnswersWhatIsPipelinedInOrder) {
  SmallServer server;
  auto client = server.connect();
  client.send(get("/a") + post("/b", "body") + "\r\n" + get("/hold") + get("/c") + get("/d"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_EQ(client.take_answer(), ok("0 POST /b body"));
  EXPECT_EQ(server.service.served.wait(3).size(), 3U) << "/c waits for the answer to /hold";
  server.first.run([&] { server.service.held->respond(200, "", "held"); });
  EXPECT_EQ(client.take_answer(), ok("held"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /c "));
  EXPECT_EQ(client.take_answer(), ok("0 GET /d "));
}

TEST(HttpServer, ReadsRequestsByteByByte) {
  SmallServer server;
  auto client = server.connect();
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x\r\n!\r\n0\r\nT: x\r\n\r\n";
  for (const char c : post("/p", "body") + chunked) client.send({&c, 1});
  EXPECT_EQ(client.take_answer(), ok("0 POST /p body"));
  EXPECT_EQ(client.take_answer(), ok("0 POST /c hello!"));
}

TEST(HttpServer, ReadsChunkedRequestsBetweenOthers) {
  SmallServer server;
  auto client = server.connect();
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n";
  client.send(get("/a") + chunked + chunked + get("/b"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_EQ(client.take_answer(), ok("0 POST /c hello"));
  EXPECT_EQ(client.take_answer(), ok("0 POST /c hello"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /b "));
}

TEST(HttpServer, CarriesLargeBodiesBothWays) {
  SmallServer server;
  auto client = server.connect();
  client.send(post("/p", std::string(3U << 20U, 'x')));
  EXPECT_EQ(client.take_answer(), ok("0 POST /p 3145728 bytes"));
  client.send(get("/large"));
  const auto answer = client.take_answer();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::string(3U << 20U, 'z')));
  client.send(get("/a"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
}

TEST(HttpServer, SaysContinueOnceWhenItIsAwaited) {
  SmallServer server;
  auto client = server.connect();
  const std::string expects = "Expect: 100-continue\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n" + expects);
    EXPECT_EQ(client.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("bo");
    client.send("dy");
    EXPECT_EQ(client.take_answer(), ok("0 POST /p body"));
  }
  client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + expects);
  EXPECT_EQ(client.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(client.take_answer(), ok("0 POST /c x"));
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n" + expects + "body");
  EXPECT_EQ(client.take_answer(), ok("0 POST /p body")) << "it did not wait";
}

TEST(HttpServer, HeadHasNoBody) {
  SmallServer server;
  auto client = server.connect();
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.take_until("\r\n\r\n").contains("Content-Length: 10\r\n"));
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.take_until("\r\n\r\n").contains("Transfer-Encoding: chunked\r\n"));
  server.first.run([&] {
    server.service.held->write("not sent");
    server.service.held->finish();
  });
  client.send(get("/b"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /b "));
}

TEST(HttpServer, NoContentHasNoLength) {
  SmallServer server;
  auto client = server.connect();
  client.send(get("/nothing") + get("/b"));
  EXPECT_EQ(client.take_answer(), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.take_answer(), ok("0 GET /b "));
}

TEST(HttpServer, ClosesWhenAsked) {
  SmallServer server;
  for (const auto& [request, answer] : std::vector<std::pair<std::string, std::string>>{
           {get("/a", kClose) + get("/never"), ok("0 GET /a ", kClose)},
           {"GET /a HTTP/1.0\r\nHost: a\r\n\r\n", ok("0 GET /a ", kClose)},
       }) {
    auto client = server.connect();
    client.send(request);
    EXPECT_EQ(client.take_answer(), answer);
    EXPECT_TRUE(client.at_end());
  }
  EXPECT_EQ(server.counts.requests, 2U);
}

TEST(HttpServer, StreamsInChunks) {
  SmallServer server;
  auto client = server.connect();
  client.send(get("/stream"));
  EXPECT_TRUE(
      client.take_until("\r\n\r\n").ends_with("X: y\r\nTransfer-Encoding: chunked\r\n\r\n"));
  for (const std::string_view piece : {"one", "", "a piece of 23 bytes here"}) {
    server.first.run([&] { server.service.held->write(piece); });
  }
  EXPECT_EQ(client.take_until("here\r\n"), "3\r\none\r\n18\r\na piece of 23 bytes here\r\n");
  server.first.run([&] {
    EXPECT_TRUE(server.service.held->streaming() && server.service.held->alive());
    server.service.held->finish();
    EXPECT_FALSE(server.service.held->alive());
    server.service.held->write("nobody hears this");
  });
  client.send(get("/a"));
  EXPECT_EQ(client.take_until("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_TRUE(server.service.gone.lines().empty());
}

TEST(HttpServer, StreamsToHttp10UntilTheClose) {
  SmallServer server;
  auto client = server.connect();
  client.send("GET /stream HTTP/1.0\r\nHost: a\r\n\r\n");
  const auto head = client.take_until("\r\n\r\n");
  EXPECT_TRUE(head.contains(kClose) && !head.contains("Transfer-Encoding")) << head;
  server.first.run([&] {
    server.service.held->write("one");
    server.service.held->write("two");
    server.service.held->finish();
  });
  EXPECT_EQ(client.take_all(), "onetwo");
}

TEST(HttpServer, TellsOnceThatAClientIsGone) {
  for (const std::string_view path : {"/hold", "/stream"}) {
    for (const std::string_view how : {"close", "abort", "half"}) {
      SmallServer server;
      auto client = server.connect();
      client.send(get(path));
      EXPECT_EQ(server.service.served.wait(1).size(), 1U);
      if (how == "close") client.close();
      if (how == "abort") client.abort();
      if (how == "half") client.shut();
      EXPECT_EQ(server.service.gone.wait(1).size(), 1U);
      server.first.run([&] {
        EXPECT_FALSE(server.service.held->alive());
        if (path == "/hold") server.service.held->respond(200, "", "late");
        server.service.held->write("late");
        server.service.held->finish();
      });
      server.first.run([] {});
      EXPECT_EQ(server.service.gone.lines().size(), 1U) << path << how;
      EXPECT_EQ(server.counts.connections, 0U);
    }
  }
}

TEST(HttpServer, AClientMayBeGoneBeforeItsRequestIsRead) {
  SmallServer server;
  // The loop is kept busy until all has arrived: request and end come in one event.
  std::promise<void> arrived;
  server.first.loop().post([&] { arrived.get_future().wait(); });
  auto client = server.connect();
  client.send(get("/hold"));
  client.close();
  arrived.set_value();
  EXPECT_EQ(server.service.gone.wait(1).size(), 1U);
}

TEST(HttpServer, AnswersAHalfClosedClientWhatItCanAtOnce) {
  SmallServer server;
  auto client = server.connect();
  client.send(get("/a") + get("/b"));
  client.shut();
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_EQ(client.take_answer(), ok("0 GET /b "));
  EXPECT_TRUE(client.at_end());
}

TEST(HttpServer, RefusesByNameAndCloses) {
  SmallServer server({.header = 1024, .body = 1000});
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
      {"\x16\x03\x01\x02\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400 Bad Request"},
      {"GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported"},
      {get("/", "Expect: x\r\n"), "417 Expectation Failed"},
      {get("/", "Transfer-Encoding: gzip\r\n"), "501 Not Implemented"},
      {get("/", "X: " + std::string(1024, 'x') + "\r\n"), "431 Request Header Fields Too Large"},
      {"GET /" + std::string(1024, 'x'), "431 Request Header Fields Too Large"},
      {get("/", "Content-Length: 1001\r\n"), "413 Content Too Large"},
      {get("/", "Content-Length: 1001\r\nExpect: 100-continue\r\n"), "413 Content Too Large"},
      {chunked + "3e9\r\n", "413 Content Too Large"},
      {chunked + "3e7\r\n" + std::string(999, 'x') + "\r\n2\r\n", "413 Content Too Large"},
      {chunked + "FFFFFFFF\r\n", "413 Content Too Large"},
      {chunked + "x\r\n", "400 Bad Request"},
      {chunked + "1\r\nxy", "400 Bad Request"},
  };
  std::uint64_t refused = 0;
  for (const auto& [request, status] : cases) {
    auto client = server.connect();
    client.send(request);
    const auto answer = client.take_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status + "\r\n")) << request << answer;
    EXPECT_TRUE(answer.contains(kClose)) << answer;
    EXPECT_TRUE(client.at_end()) << request;
    EXPECT_EQ(server.counts.refused, ++refused);
  }
  EXPECT_TRUE(server.service.served.lines().empty());
  auto client = server.connect();
  client.send(post("/p", std::string(1000, 'x')));
  EXPECT_EQ(client.take_answer(), ok("0 POST /p 1000 bytes")) << "up to the limit all is well";
}

TEST(HttpServer, ARefusalArrivesThoughTheClientGoesOnSending) {
  SmallServer server({.body = 1000});
  auto client = server.connect();
  client.send(post("/p", std::string(2U << 20U, 'x')));
  EXPECT_TRUE(client.take_answer().starts_with("HTTP/1.1 413 "));
}

TEST(HttpServer, CutsOffWhoDoesNotReadItsStream) {
  SmallServer server({.outbox = 100'000});
  auto client = server.connect();
  client.send(get("/stream"));
  EXPECT_EQ(server.service.served.wait(1).size(), 1U);
  server.first.run([&] {
    const std::string piece(10'000, 'x');
    // The socket's buffers hold some megabytes; far beyond them is a client that never reads.
    for (int i = 0; i < 10'000 && server.service.held->alive(); ++i) {
      server.service.held->write(piece);
    }
    EXPECT_FALSE(server.service.held->alive());
  });
  EXPECT_EQ(server.service.gone.wait(1).size(), 1U);
  EXPECT_EQ(server.counts.cut_off, 1U);
  EXPECT_FALSE(client.take_all().ends_with("0\r\n\r\n"));
}

TEST(HttpServer, ReadsNoMoreOfWhoDoesNotReadItsAnswers) {
  SmallServer server;
  auto client = server.connect();
  std::string many;
  for (int i = 0; i < 20; ++i) many += get("/large");
  client.send(many);
  EXPECT_GE(server.service.served.wait(1).size(), 1U);
  // Another's request is served after all that could be done for the first.
  auto other = server.connect();
  other.send(get("/a"));
  EXPECT_EQ(other.take_answer(), ok("0 GET /a "));
  EXPECT_LT(server.service.served.lines().size(), 15U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(client.take_answer().ends_with(std::string(3U << 20U, 'z'))) << i;
  }
}

TEST(HttpServer, ARequestMustComeWholeInTime) {
  SmallServer server({.request = base::Millis(100)});
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET / HTTP/1.1\r\nX: ", "x"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
  };
  for (const auto& [begin, drip] : cases) {
    auto client = server.connect();
    client.send(begin);
    // A little each 20 ms, for as long as the connection is there.
    async::Timer next;
    std::function<void()> send;
    send = [&] {
      if (server.counts.connections == 0 || !client.offer(drip)) return;
      next.arm(server.second.loop().wheel(), base::Millis(20), [&] { send(); });
    };
    server.second.run([&] { next.arm(server.second.loop().wheel(), base::Millis(20), send); });
    const auto answer = client.take_all();
    server.second.run([&] { next.disarm(); });
    EXPECT_EQ(answer, "") << begin;
  }
}

TEST(HttpServer, ClosesWhatIsIdle) {
  SmallServer server({.keep_alive = base::Millis(100)});
  auto client = server.connect();
  client.send(get("/a"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_TRUE(client.at_end());
}

TEST(HttpServer, MovesAConnectionToTheLoopOfItsRequest) {
  SmallServer server;
  auto client = server.connect();
  client.send(get("/a") + get("/one/b") + post("/one/c", std::string(200'000, 'x')) + get("/d"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /a "));
  EXPECT_EQ(client.take_answer(), ok("1 GET /one/b "));
  EXPECT_EQ(client.take_answer(), ok("1 POST /one/c 200000 bytes"));
  EXPECT_EQ(client.take_answer(), ok("0 GET /d "));
  for (int i = 0; i < 50; ++i) {
    client.send(get(i % 2 == 0 ? "/one/x" : "/x"));
    EXPECT_EQ(client.take_answer(), ok(i % 2 == 0 ? "1 GET /one/x " : "0 GET /x "));
  }
  client.send("POST /one/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab");
  client.send("\r\n0\r\n\r\n");
  EXPECT_EQ(client.take_answer(), ok("1 POST /one/c ab"));
  EXPECT_EQ(server.counts.connections, 1U);
}

TEST(HttpServer, DrainsAfterTheAnswersThatAreDue) {
  SmallServer server;
  auto idle = server.connect();
  idle.send(get("/a"));
  EXPECT_EQ(idle.take_answer(), ok("0 GET /a "));
  auto busy = server.connect();
  busy.send(get("/hold"));
  EXPECT_EQ(server.service.served.wait(2).size(), 2U);
  Log drained;
  server.first.run([&] { server.servers[0]->drain([&] { drained.add("drained"); }); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(drained.lines().empty());
  server.first.run([&] { server.service.held->respond(200, "", "held"); });
  EXPECT_EQ(busy.take_answer(), ok("held", kClose));
  EXPECT_TRUE(busy.at_end());
  busy.close();
  EXPECT_EQ(drained.wait(1).size(), 1U);
  EXPECT_TRUE(server.connect().at_end()) << "who comes late is closed at once";
}

TEST(HttpServer, DrainsAtOnceWhereNobodyIs) {
  SmallServer server;
  bool drained = false;
  server.first.run([&] { server.servers[0]->drain([&] { drained = true; }); });
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace gantry::net
