#include "policy/access.h"

#include <gtest/gtest.h>

namespace gantry::policy {
namespace {

using Origin = std::optional<std::string_view>;

config::Gateway gateway() {
  config::Gateway made;
  made.listen = {{.host = "127.0.0.1", .port = 3010, .socket = {}},
                 {.host = "Box.Local", .port = 3010, .socket = {}},
                 {.host = "2001:db8::1", .port = 3010, .socket = {}},
                 {.host = "0.0.0.0", .port = 3010, .socket = {}},
                 {.host = {}, .port = 0, .socket = "/run/g.sock"}};
  made.allowed_hosts = {"MCP.example", "proxy.example:8443"};
  made.allowed_origins = {"https://app.example", "vscode-webview://abc"};
  return made;
}

bool allowed(std::string_view host, Origin origin = {}) {
  const Access access(gateway(), {3010, 3011});
  const auto denial =
      access.check_source({.local = false, .host = host, .origin = origin, .authorization = {}});
  if (denial) EXPECT_EQ(denial->status, 403);
  return !denial;
}

TEST(Access, ServesItsOwnHosts) {
  for (const auto host :
       {"localhost", "localhost:3010", "LOCALHOST:3011", "127.0.0.1", "127.0.0.1:3010", "[::1]",
        "[::1]:3010", "box.local", "BOX.local:3010", "[2001:db8::1]:3010", "[2001:DB8::1]",
        "mcp.example", "MCP.EXAMPLE:80", "mcp.example:9999", "proxy.example:8443"}) {
    EXPECT_TRUE(allowed(host)) << host;
  }
}

TEST(Access, RefusesOtherHosts) {
  for (const auto host : {"",
                          ":3010",
                          "evil.example",
                          "evil.example:3010",
                          "localhost.evil.example",
                          "evillocalhost",
                          "localhost.",
                          "evil.localhost",
                          "127.0.0.1.evil.example",
                          "127.0.0.1.nip.io",
                          "127.0.0.2",
                          "0.0.0.0",
                          "0.0.0.0:3010",
                          "localhost:3012",
                          "127.0.0.1:80",
                          "[::1]:80",
                          "localhost:",
                          "localhost:x",
                          "localhost:3010x",
                          "localhost:-3010",
                          "localhost:3010@evil",
                          "localhost@evil.example",
                          "localhost:80@evil.example:3010",
                          "::1",
                          "[::1",
                          "[::1]x",
                          "[::1].evil.example",
                          "evil[::1]",
                          "[::2]",
                          "proxy.example",
                          "proxy.example:443",
                          "proxy.example:84430",
                          "xmcp.example",
                          "mcp.example.evil",
                          "localhost, evil",
                          "localhost/",
                          "localhost\\"}) {
    EXPECT_FALSE(allowed(host)) << host;
  }
}

TEST(Access, LetsInPagesOfThisMachineAndOfAllowedOrigins) {
  for (const auto origin :
       {"http://localhost", "http://localhost:5173", "https://localhost", "http://127.0.0.1:9",
        "http://[::1]:5173", "http://box.local", "http://mcp.example", "https://mcp.example:444",
        "https://proxy.example:8443", "https://app.example", "vscode-webview://abc"}) {
    EXPECT_TRUE(allowed("localhost:3010", origin)) << origin;
  }
}

TEST(Access, KeepsOutOtherPages) {
  for (const auto origin : {"null",
                            "",
                            "http://",
                            "https://evil.example",
                            "http://localhost.evil.example",
                            "http://localhost:80@evil",
                            "http://localhost@evil",
                            "http://evil#localhost",
                            "http://evil/localhost",
                            "http://localhost:",
                            "http://localhost:80/",
                            "http://localhost/x",
                            "http://127.0.0.1.evil",
                            "http://[::1].evil",
                            "http://[::1",
                            "http://0.0.0.0:3010",
                            "http://proxy.example",
                            "https://proxy.example:443",
                            "https://app.example.evil",
                            "https://app.example:443",
                            "http://app.example",
                            "https://app.example/",
                            "file://",
                            "ftp://localhost",
                            "//localhost",
                            "localhost",
                            "chrome-extension://localhost",
                            "vscode-webview://abcd",
                            "http://localhost,http://evil",
                            "http://localhost, null",
                            "http://evil,http://localhost",
                            "http://localhost:80,http://evil:80"}) {
    EXPECT_FALSE(allowed("localhost:3010", origin)) << origin;
  }
}

TEST(Access, AGoodOriginDoesNotMakeUpForABadHost) {
  EXPECT_FALSE(allowed("evil.example:3010", "http://localhost:3010"));
  EXPECT_FALSE(allowed("evil.example:3010", "https://app.example"));
}

TEST(Access, SaysWhichSettingAndShowsNoControlCharacters) {
  const Access access(gateway(), {3010});
  const auto host =
      access.check_source({.local = false, .host = "e\"vil\n", .origin = {}, .authorization = {}});
  ASSERT_TRUE(host);
  EXPECT_EQ(host->reason, "Host 'e\\\"vil\\n' is not served here; add it to gateway.allowed_hosts");
  const auto origin = access.check_source(
      {.local = false, .host = "localhost", .origin = "null", .authorization = {}});
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->reason, "Origin 'null' is not allowed; add it to gateway.allowed_origins");
}

TEST(Access, TheUnixSocketAsksForNothing) {
  auto settings = gateway();
  settings.tokens = {{.name = "ci", .secret = base::Secret("secret")}};
  const Access access(settings, {3010});
  const Arrival arrival{.local = true, .host = "evil", .origin = "null", .authorization = {}};
  EXPECT_FALSE(access.check_source(arrival));
  EXPECT_EQ(access.authenticate(arrival), "local");
}

TEST(Access, WithoutTokensEveryoneIsNobody) {
  const Access access(gateway(), {3010});
  EXPECT_EQ(
      access.authenticate(
          {.local = false, .host = "localhost", .origin = {}, .authorization = "Bearer whatever"}),
      "");
}

TEST(Access, KnowsItsTokens) {
  auto settings = gateway();
  settings.tokens = {{.name = "ci", .secret = base::Secret("secret-one")},
                     {.name = "laptop", .secret = base::Secret("secret-two")}};
  const Access access(settings, {3010});
  const std::vector<std::pair<Origin, std::optional<std::string>>> cases = {
      {"Bearer secret-one", "ci"},
      {"Bearer secret-two", "laptop"},
      {"bearer secret-one", "ci"},
      {"BEARER   secret-two \t", "laptop"},
      {std::nullopt, std::nullopt},
      {"", std::nullopt},
      {"Bearer", std::nullopt},
      {"Bearer ", std::nullopt},
      {"Bearer  ", std::nullopt},
      {"Bearersecret-one", std::nullopt},
      {"Basic secret-one", std::nullopt},
      {"secret-one", std::nullopt},
      {"Bearer secret-on", std::nullopt},
      {"Bearer secret-one1", std::nullopt},
      {"Bearer secret-onesecret-one", std::nullopt},
      {"Bearer SECRET-ONE", std::nullopt},
      {"Bearer secret-one,Bearer secret-one", std::nullopt},
      {"Bearer secret-one secret-two", std::nullopt},
  };
  for (const auto& [header, name] : cases) {
    EXPECT_EQ(access.authenticate(
                  {.local = false, .host = "localhost", .origin = {}, .authorization = header}),
              name)
        << header.value_or("none");
  }
}

TEST(Access, TellsHowToAuthenticate) {
  const auto denial = Access::unauthenticated();
  EXPECT_EQ(denial.status, 401);
  EXPECT_EQ(denial.headers, "WWW-Authenticate: Bearer realm=\"gantry\"\r\n");
  EXPECT_FALSE(denial.reason.empty());
}

}  // namespace
}  // namespace gantry::policy
