#include "net/http_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gantry::net {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHost = "Host: a\r\n";

std::string request(std::string_view line, std::string_view headers = kHost) {
  return std::string(line).append("\r\n").append(headers).append("\r\n");
}
std::string with(std::string_view header) {
  return request("POST / HTTP/1.1", std::string(kHost).append(header).append("\r\n"));
}

TEST(RequestHead, IsReadWhole) {
  const std::string bytes =
      "POST /mcp?x=1&y HTTP/1.1\r\nhOST:  localhost:3010\t\r\nAccept: a\r\naccept:b\r\n"
      "Empty:\r\nContent-Length: 12\r\nExpect: 100-Continue\r\n\r\nhello, ";
  RequestHead head;
  const auto parsed = parse_request(bytes, head);
  ASSERT_TRUE(parsed) << parsed.error().reason;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/mcp?x=1&y");
  EXPECT_EQ(head.path, "/mcp");
  EXPECT_EQ(head.query, "x=1&y");
  EXPECT_EQ(head.host, "localhost:3010");
  EXPECT_EQ(head.headers.find("ACCEPT"), "a");
  EXPECT_EQ(head.headers.count("accept"), 2U);
  EXPECT_EQ(head.headers.find("empty"), "");
  EXPECT_EQ(head.headers.find("absent"), std::nullopt);
  EXPECT_EQ(head.body.length, 12U);
  EXPECT_FALSE(head.body.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_EQ(bytes.substr(head.size), "hello, ");
}

TEST(RequestHead, SplitsTheTarget) {
  const std::vector<std::tuple<std::string_view, std::string_view, std::string_view>> cases = {
      {"/", "/", ""},          {"/?", "/", ""},    {"/a/b", "/a/b", ""},
      {"/a?b?c", "/a", "b?c"}, {"//a", "//a", ""}, {"/%41;x=[]", "/%41;x=[]", ""},
  };
  for (const auto& [target, path, query] : cases) {
    const auto bytes = request("GET " + std::string(target) + " HTTP/1.1");
    RequestHead head;
    ASSERT_TRUE(parse_request(bytes, head)) << target;
    EXPECT_EQ(head.path, path);
    EXPECT_EQ(head.query, query);
  }
}

TEST(RequestHead, DecidesOnKeepAliveAndChunks) {
  struct Case {
    std::string bytes;
    bool keep_alive;
    bool chunked;
  };
  const std::vector<Case> cases = {
      {request("GET / HTTP/1.1"), true, false},
      {request("GET / HTTP/1.0"), false, false},
      {with("Connection: close"), false, false},
      {with("Connection: x , CLOSE"), false, false},
      {with("Connection: keep-alive\r\nConnection: close"), false, false},
      {with("Connection: closed"), true, false},
      {with("Transfer-Encoding: chunked"), true, true},
      {with("transfer-encoding: CHUNKED"), true, true},
      {request("GET / HTTP/1.0", "Host: a\r\nConnection: keep-alive\r\n"), false, false},
  };
  for (const auto& each : cases) {
    RequestHead head;
    ASSERT_TRUE(parse_request(each.bytes, head)) << each.bytes;
    EXPECT_EQ(head.keep_alive, each.keep_alive) << each.bytes;
    EXPECT_EQ(head.body.chunked, each.chunked) << each.bytes;
  }
}

TEST(RequestHead, Http10HasNoContinue) {
  const auto bytes = request("POST / HTTP/1.0", "Host: a\r\nExpect: 100-continue\r\n");
  RequestHead head;
  ASSERT_TRUE(parse_request(bytes, head));
  EXPECT_TRUE(head.http_1_0);
  EXPECT_FALSE(head.expects_continue);
}

struct Refused {
  std::string bytes;
  int status = 400;
};

void expect_refused(const std::vector<Refused>& cases) {
  for (const auto& each : cases) {
    RequestHead head;
    const auto parsed = parse_request(each.bytes, head);
    ASSERT_FALSE(parsed) << each.bytes;
    EXPECT_EQ(parsed.error().status, each.status) << each.bytes << parsed.error().reason;
    EXPECT_FALSE(parsed.error().reason.empty());
  }
}

TEST(RequestHead, RefusesMalformedRequestLines) {
  expect_refused({
      {"GET / HTTP/1.1\r\nHost: a\r\n"},
      {""},
      {"\r\n\r\n"},
      {request("")},
      {request("GET")},
      {request("GET /")},
      {request("GET  / HTTP/1.1")},
      {request(" GET / HTTP/1.1")},
      {request("GET / HTTP/1.1 ")},
      {request("GET /a b HTTP/1.1")},
      {request("GET\t/ HTTP/1.1")},
      {request("G\xC3\xA9T / HTTP/1.1")},
      {request("GET: / HTTP/1.1")},
      {request("GET / http/1.1")},
      {request("GET / HTTP/1.11")},
      {request("GET / HTTP/1,1")},
      {request("GET / HTTPS/1.1")},
      {request("GET / HTTP/1.2"), 505},
      {request("GET / HTTP/2.0"), 505},
      {request("GET / HTTP/0.9"), 505},
      {request("PRI * HTTP/2.0"), 505},
      {request("GET a HTTP/1.1")},
      {request("OPTIONS * HTTP/1.1")},
      {request("GET http://a/ HTTP/1.1")},
      {request("CONNECT a:443 HTTP/1.1")},
      {request("GET /a#b HTTP/1.1")},
      {request("GET /\x7f HTTP/1.1")},
      {request("GET /\xC3\xA9 HTTP/1.1")},
      {request("GET /\x01 HTTP/1.1")},
      {request("GET /\rx HTTP/1.1")},
      {request("GET /\0x HTTP/1.1"sv)},
  });
}

TEST(RequestHead, RefusesMalformedHeaders) {
  expect_refused({
      {"GET / HTTP/1.1\nHost: a\n\n"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {with("Folded: a\r\n b")},
      {with("Folded: a\r\n\tb")},
      {with(" Led: a")},
      {with("Spaced : a")},
      {with("Spaced\t: a")},
      {with("No colon")},
      {with(": no name")},
      {with("B(d: a")},
      {with("N\xC3\xA9: a")},
      {with("Nul: a\0b"sv)},
      {with("Return: a\rb")},
      {with("Bell: a\x07")},
      {with("Delete: a\x7f")},
  });
}

TEST(RequestHead, RefusesAmbiguousFraming) {
  expect_refused({
      {with("Content-Length: 1\r\nContent-Length: 1")},
      {with("Content-Length: 1\r\ncontent-length: 2")},
      {with("Content-Length: 1, 1")},
      {with("Content-Length:")},
      {with("Content-Length: -1")},
      {with("Content-Length: +1")},
      {with("Content-Length: 0x10")},
      {with("Content-Length: 1 2")},
      {with("Content-Length: 1.0")},
      {with("Content-Length: 9007199254740993")},
      {with("Content-Length: 18446744073709551616")},
      {with("Content-Length: 1\r\nTransfer-Encoding: chunked")},
      {with("Transfer-Encoding: chunked\r\nContent-Length: 0")},
      {with("Transfer-Encoding: gzip"), 501},
      {with("Transfer-Encoding: gzip, chunked"), 501},
      {with("Transfer-Encoding: chunked, chunked"), 501},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 501},
      {with("Transfer-Encoding: xchunked"), 501},
      {with("Transfer-Encoding: \"chunked\""), 501},
      {with("Transfer-Encoding:"), 501},
      {request("POST / HTTP/1.0", "Host: a\r\nTransfer-Encoding: chunked\r\n")},
      {with("Expect: something"), 417},
  });
}

TEST(RequestHead, RefusesHostsThatAreNone) {
  expect_refused({
      {request("GET / HTTP/1.1", "")},
      {request("GET / HTTP/1.0", "")},
      {request("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n")},
      {request("GET / HTTP/1.1", "Host:\r\n")},
      {request("GET / HTTP/1.1", "Host: a b\r\n")},
      {request("GET / HTTP/1.1", "Host: a, b\r\n")},
      {request("GET / HTTP/1.1", "Host: http://a\r\n")},
      {request("GET / HTTP/1.1", "Host: user@a\r\n")},
      {request("GET / HTTP/1.1", "Host: a/b\r\n")},
      {request("GET / HTTP/1.1", "Host: a:99999\r\n")},
  });
}

TEST(RequestHead, HoldsAHundredHeadersAndNoMore) {
  std::string headers(kHost);
  for (std::size_t i = 1; i < kMostHeaders; ++i) headers += "X: y\r\n";
  const auto full = request("GET / HTTP/1.1", headers);
  RequestHead head;
  EXPECT_TRUE(parse_request(full, head));
  EXPECT_EQ(head.headers.count("x"), kMostHeaders - 1);
  expect_refused({{request("GET / HTTP/1.1", headers + "X: y\r\n"), 431}});
}

TEST(ResponseHead, IsRead) {
  struct Case {
    std::string_view bytes;
    int status;
    bool keep_alive;
    bool chunked;
    std::optional<std::size_t> length;
  };
  const std::vector<Case> cases = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, true, false, 5},
      {"HTTP/1.1 200\r\n\r\n", 200, true, false, {}},
      {"HTTP/1.1 404 \r\n\r\n", 404, true, false, {}},
      {"HTTP/1.1 503 Any reason: at \xC3\xA9ll\r\nTransfer-Encoding: chunked\r\n\r\n",
       503,
       true,
       true,
       {}},
      {"HTTP/1.0 200 OK\r\n\r\n", 200, false, false, {}},
      {"HTTP/1.1 100 Continue\r\n\r\n", 100, true, false, {}},
      {"HTTP/1.1 204 No Content\r\nconnection: Close\r\n\r\n", 204, false, false, {}},
  };
  for (const auto& each : cases) {
    ResponseHead head;
    const auto parsed = parse_response(each.bytes, head);
    ASSERT_TRUE(parsed) << each.bytes << parsed.error().reason;
    EXPECT_EQ(head.status, each.status);
    EXPECT_EQ(head.keep_alive, each.keep_alive) << each.bytes;
    EXPECT_EQ(head.body.chunked, each.chunked);
    EXPECT_EQ(head.body.length, each.length);
    EXPECT_EQ(head.size, each.bytes.size());
  }
}

TEST(ResponseHead, RefusesTheMalformed) {
  for (const auto bytes : {
           "HTTP/1.1 200 OK\r\n",
           "HTTP/1.1 200 OK\n\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 600 OK\r\n\r\n",
           "HTTP/1.1 2x0 OK\r\n\r\n",
           "HTTP/1.1 -20 OK\r\n\r\n",
           "HTTP/1.1 200OK\r\n\r\n",
           "HTTP/1.1 \r\n\r\n",
           "HTTP/1.1\r\n\r\n",
           "220 smtp.example ESMTP\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nSpaced : x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nFolded: x\r\n y\r\n\r\n",
       }) {
    ResponseHead head;
    EXPECT_FALSE(parse_response(bytes, head)) << bytes;
  }
}

TEST(HeadEnd, IsFoundWhereverTheLookBegins) {
  const std::vector<std::pair<std::string_view, std::optional<std::size_t>>> cases = {
      {"", {}},
      {"GET / HTTP/1.1\r\n", {}},
      {"GET / HTTP/1.1\r\n\r", {}},
      {"GET / HTTP/1.1\r\n\r\n", 18},
      {"GET / HTTP/1.1\r\n\r\nbody\r\n\r\n", 18},
      {"GET / HTTP/1.1\n\n", 16},
      {"GET / HTTP/1.1\n\r\n", 17},
      {"a\r\nb\r\n\r\n", 8},
  };
  for (const auto& [bytes, end] : cases) {
    EXPECT_EQ(find_head_end(bytes), end) << bytes;
    // As it comes in, piece by piece: `from` is where the look before it ended.
    for (std::size_t cut = 0; end && cut < *end; ++cut) {
      ASSERT_EQ(find_head_end(bytes.substr(0, cut)), std::nullopt) << cut;
      EXPECT_EQ(find_head_end(bytes, cut), end) << bytes << cut;
    }
  }
}

TEST(Authority, IsHostAndPort) {
  for (const auto good : {"a", "localhost", "a.b-c_d.example", "127.0.0.1", "a:0", "a:80",
                          "a:65535", "[::1]", "[::1]:3010", "[fe80::1:2]:1", "[::ffff:1.2.3.4]"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
  for (const auto bad :
       {"",      ":",       ":80",    "a:",       "a:65536",      "a:x",     "a:-1",  "a:+1",
        "a:8 0", "a:80:90", "a b",    "a/",       "a?",           "a#",      "a@b",   "a:b@c",
        "a%41",  "a,b",     "a\\b",   "\xC3\xA9", "[]",           "[:]",     "[::1",  "::1",
        "[::g]", "[::1]x",  "[::1]:", "[::1]80",  "[::1%25eth0]", "[[::1]]", "a[::1]"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

}  // namespace
}  // namespace gantry::net
