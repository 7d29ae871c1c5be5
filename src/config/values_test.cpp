// The small readers: addresses, hosts, references, envFiles.
#include <gtest/gtest.h>

#include "config/checks.h"
#include "config/dotenv.h"
#include "config/interpolate.h"
#include "config/listen.h"

namespace gantry::config {
namespace {

TEST(ConfigListen, ReadsAddresses) {
  struct Case {
    std::string text;
    std::string printed;
    bool loopback;
  };
  const std::vector<Case> cases = {
      {"127.0.0.1:3010", "127.0.0.1:3010", true},
      {"127.9.9.9:0", "127.9.9.9:0", true},
      {"[::1]:3010", "[::1]:3010", true},
      {"LocalHost:1", "localhost:1", true},
      {"unix:/run/g.sock", "unix:/run/g.sock", true},
      {"0.0.0.0:80", "0.0.0.0:80", false},
      {"[::]:65535", "[::]:65535", false},
      {"gateway.example:1", "gateway.example:1", false},
      {"128.0.0.1:1", "128.0.0.1:1", false},
      {"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", false},
  };
  for (const auto& each : cases) {
    const auto listen = parse_listen(each.text);
    ASSERT_TRUE(listen) << each.text << ": " << listen.error().message;
    EXPECT_EQ(listen->text(), each.printed);
    EXPECT_EQ(listen->is_loopback(), each.loopback) << each.text;
  }
}

TEST(ConfigListen, RefusesWhatIsNoAddress) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"3010", "'3010' has no port"},
      {"", "'' has no port"},
      {":3010", "':3010' names no address; for every one write 0.0.0.0"},
      {"127.0.0.1:", "'127.0.0.1:' has no port between 0 and 65535"},
      {"127.0.0.1:65536", "'127.0.0.1:65536' has no port between 0 and 65535"},
      {"127.0.0.1:-1", "'127.0.0.1:-1' has no port between 0 and 65535"},
      {"127.0.0.1:80x", "'127.0.0.1:80x' has no port between 0 and 65535"},
      {"::1:3010", "'::1:3010' needs brackets around the address"},
      {"[127.0.0.1]:1", "'[127.0.0.1]:1' is not an address"},
      {"[::g]:1", "'[::g]:1' is not an address"},
      {"999.0.0.1:1", "'999.0.0.1:1' is not an address"},
      {"1.2.3:1", "'1.2.3:1' is not an address"},
      {"a b:1", "'a b:1' is not an address"},
      {"unix:run.sock", "'unix:run.sock' is not an absolute path"},
      {"unix:/" + std::string(200, 'x'),
       "'unix:/" + std::string(200, 'x') + "' is too long for a socket"},
  };
  for (const auto& [text, message] : cases) {
    const auto listen = parse_listen(text);
    ASSERT_FALSE(listen) << text;
    EXPECT_EQ(listen.error().message, message);
  }
}

TEST(ConfigListen, KnowsTheSameAddress) {
  const auto same = [](std::string_view a, std::string_view b) {
    return same_address(*parse_listen(a), *parse_listen(b));
  };
  EXPECT_TRUE(same("127.0.0.1:1", "127.0.0.1:1"));
  EXPECT_TRUE(same("localhost:1", "127.0.0.1:1"));
  EXPECT_TRUE(same("unix:/a", "unix:/a"));
  EXPECT_FALSE(same("127.0.0.1:0", "127.0.0.1:0"));
  EXPECT_FALSE(same("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_FALSE(same("127.0.0.1:1", "[::1]:1"));
  EXPECT_FALSE(same("unix:/a", "unix:/b"));
  EXPECT_FALSE(same("unix:/a", "127.0.0.1:1"));
}

TEST(ConfigChecks, KnowsHostsAndOrigins) {
  for (const std::string good :
       {"a.example", "a:80", "127.0.0.1", "[::1]", "[::1]:8080", "a_b-c"}) {
    EXPECT_TRUE(check_host_port(good)) << good;
  }
  for (const std::string bad : {"", "a:0", "a:65536", "a:", "*", "a/b", "[::1", "[x]", "a..b",
                                "::1", ".a", "a@b", "[::1]x"}) {
    EXPECT_FALSE(check_host_port(bad)) << bad;
  }
  for (const std::string good :
       {"https://a.example", "http://localhost:5173", "http://[::1]:1", "vscode-webview://abc"}) {
    EXPECT_TRUE(check_origin(good)) << good;
  }
  for (const std::string bad : {"", "null", "*", "a.example", "https://a/", "https://", "://a",
                                "https://*.a", "https://a@b"}) {
    EXPECT_FALSE(check_origin(bad)) << bad;
  }
  for (const std::string good :
       {"http://h", "HTTPS://h/", "https://h:1/a?b=c&d=%20", "http://[::1]/"}) {
    EXPECT_TRUE(check_url(good)) << good;
  }
}

TEST(ConfigInterpolate, FollowsTheRules) {
  const std::map<std::string, std::string> environment = {
      {"V", "v"}, {"EMPTY", ""}, {"NESTED", "${V}"}, {"HOME", "/home/me"}};
  struct Case {
    Variables rules;
    std::string text;
    std::string expected;
  };
  using enum Variables;
  const std::vector<Case> cases = {
      {kGantry, "", ""},
      {kGantry, "plain $ and $V", "plain $ and $V"},
      {kGantry, "a${V}b${V}", "avbv"},
      {kGantry, "${env:V}", "v"},
      {kGantry, "$$", "$"},
      {kGantry, "$${V}", "${V}"},
      {kGantry, "$$$${V}", "$${V}"},
      {kGantry, "${EMPTY}|${EMPTY:-d}|${V:-d}|${NONE:-}", "|d|v|"},
      {kGantry, "${NONE:-a:-b $c}", "a:-b $c"},
      {kGantry, "${NESTED}", "${V}"},
      {kNone, "$$ ${V}", "$$ ${V}"},
      {kClaudeCode, "$$ ${V} ${NONE:-d}", "$$ v d"},
      {kCursor, "${env:V} ${userHome} ${pathSeparator}${/}", "v /home/me //"},
      {kCursor, "${workspaceFolder} ${workspaceFolderBasename}", "/work/shop shop"},
      {kVsCode, "${env:V}$$", "v$$"},
  };
  for (const auto& each : cases) {
    const auto text = Interpolator(each.rules, environment, "/work/shop").expand(each.text);
    ASSERT_TRUE(text) << each.text << ": " << text.error().message;
    EXPECT_EQ(*text, each.expected) << each.text;
  }
}

TEST(ConfigInterpolate, SaysWhatCannotBeResolved) {
  const std::map<std::string, std::string> environment = {{"V", "v"}};
  struct Case {
    Variables rules;
    std::string text;
    std::string message;
  };
  using enum Variables;
  const std::vector<Case> cases = {
      {kGantry, "${NONE}", "${NONE} is not set"},
      {kGantry, "${env:NONE}", "${env:NONE} is not set"},
      {kGantry, "${}", "${} is not a reference"},
      {kGantry, "${1A}", "${1A} is not a reference"},
      {kGantry, "${a b}", "${a b} is not a reference"},
      {kGantry, "${input:x}", "${input:x} is not a reference"},
      {kGantry, "${env:V:-d}", "${env:V:-d} is not a reference"},
      {kGantry, "${V", "a reference ${ is not closed"},
      {kGantry, "${A:-${V}}", "the default of ${A} holds another reference"},
      {kGantry, "${file:}", "${file:} names no file"},
      {kGantry, "${file:/none/such}", "cannot read /none/such: No such file or directory"},
      {kGantry, "${vault:m/p#k}", "${vault:m/p#k}: vault is not available yet"},
      {kClaudeCode, "${env:V}", "${env:V} is not a reference"},
      {kCursor, "${V}", "${V} cannot be resolved"},
      {kCursor, "${input:x}", "${input:x} cannot be resolved"},
      {kCursor, "${userHome}", "${userHome} is not set"},
      {kVsCode, "${input:x}", "${input:x} asks a person in VS Code, which nobody can answer here"},
  };
  for (const auto& each : cases) {
    const auto text = Interpolator(each.rules, environment, "/work").expand(each.text);
    ASSERT_FALSE(text) << each.text;
    EXPECT_EQ(text.error().message, each.message);
  }
}

TEST(ConfigDotenv, ReadsLines) {
  const auto read = parse_dotenv(
      "# comment\n\nA=1\r\nexport B = two words  # comment\nC='$x # \"y\"' # "
      "c\nD=\"a\\nb\\\"c\\$\"\n"
      "E=\nF=#x\nG=a#b\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (std::map<std::string, std::string>{{"A", "1"},
                                                       {"B", "two words"},
                                                       {"C", "$x # \"y\""},
                                                       {"D", "a\nb\"c\\$"},
                                                       {"E", ""},
                                                       {"F", ""},
                                                       {"G", "a#b"}}));
  for (const std::string bad : {"A", "=1", "A B=1", "A='x", "A=\"x\" y"}) {
    const auto refused = parse_dotenv("OK=1\n" + bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message, "line 2 is not NAME=VALUE");
  }
}

}  // namespace
}  // namespace gantry::config
