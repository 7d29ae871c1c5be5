#include "net/url.h"

#include <gtest/gtest.h>

#include <vector>

namespace gantry::net {
namespace {

TEST(Url, IsTakenApart) {
  struct Case {
    std::string_view text;
    bool tls;
    std::string_view host;
    std::uint16_t port;
    std::string_view authority;
    std::string_view target;
  };
  const std::vector<Case> cases = {
      {"http://localhost", false, "localhost", 80, "localhost", "/"},
      {"https://a.example", true, "a.example", 443, "a.example", "/"},
      {"http://127.0.0.1:8080/mcp", false, "127.0.0.1", 8080, "127.0.0.1:8080", "/mcp"},
      {"https://a:8443/a/b?c=d/e&f", true, "a", 8443, "a:8443", "/a/b?c=d/e&f"},
      {"http://[::1]/x", false, "::1", 80, "[::1]", "/x"},
      {"https://[2001:db8::1]:65535", true, "2001:db8::1", 65535, "[2001:db8::1]:65535", "/"},
      {"http://a?x=1", false, "a", 80, "a", "/?x=1"},
      {"http://a/?u=http://b@c:1", false, "a", 80, "a", "/?u=http://b@c:1"},
  };
  for (const auto& each : cases) {
    const auto url = parse_url(each.text);
    ASSERT_TRUE(url) << each.text << url.error().message;
    EXPECT_EQ(url->address.tls, each.tls) << each.text;
    EXPECT_EQ(url->address.host, each.host);
    EXPECT_EQ(url->address.port, each.port);
    EXPECT_TRUE(url->address.socket.empty());
    EXPECT_EQ(url->authority, each.authority);
    EXPECT_EQ(url->target, each.target);
  }
}

TEST(Url, RefusesWhatIsNotUsable) {
  for (const auto bad : {"",
                         "a",
                         "a:80",
                         "//a",
                         "ftp://a",
                         "HTTP://a",
                         "http:/a",
                         "http:a",
                         "http://",
                         "http:///x",
                         "http://:80",
                         "http://a:",
                         "http://a:0",
                         "http://a:65536",
                         "http://a:x",
                         "http://user@a",
                         "http://user:pass@a/",
                         "http://a b",
                         "http://a/b c",
                         "http://a/b\tc",
                         "http://a/#f",
                         "http://a#f",
                         "http://a/\xC3\xA9",
                         "http://\xC3\xA9/",
                         "http://[::1",
                         "http://::1/",
                         "http://a\\b/",
                         "http://a/\r\nX: y",
                         "ws://a",
                         " http://a"}) {
    const auto url = parse_url(bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_EQ(url.error().code, base::Code::kInvalid);
    EXPECT_TRUE(url.error().message.starts_with("'" + std::string(bad) + "' is not a usable URL"));
    EXPECT_FALSE(url.error().hint.empty());
  }
}

}  // namespace
}  // namespace gantry::net
