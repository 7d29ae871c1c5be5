#include "config/gateway.h"

#include <gtest/gtest.h>

#include "config/test_load.h"

namespace gantry::config {
namespace {

constexpr auto kToken = "Vd8pQ2mZx7Lr4TnK";

struct Wrong {
  std::string yaml;
  std::string told;
};

const std::vector<Wrong> kWrongValues = {
    {"gateway: {limits: {body: x}}",
     "gantry.yaml:1:26: gateway.limits.body: 'x' is not a size (write 4MiB, 512KiB, 10MB or a "
     "number of bytes)"},
    {"gateway: {limits: {body: 1}}",
     "gantry.yaml:1:26: gateway.limits.body: '1' is out of range (between 1KiB and 1GiB)"},
    {"gateway: {limits: {depth: 2}}",
     "gantry.yaml:1:27: gateway.limits.depth: '2' is out of range (between 4 and 1000)"},
    {"gateway: {limits: {depth: many}}",
     "gantry.yaml:1:27: gateway.limits.depth: 'many' is not a whole number"},
    {"gateway: {limits: {depth: -1}}",
     "gantry.yaml:1:27: gateway.limits.depth: '-1' is not a whole number"},
    {"gateway: {keep_alive: 0}",
     "gantry.yaml:1:23: gateway.keep_alive: '0' is out of range (between 1s and 1d)"},
    {"gateway: {keep_alive: soon}",
     "gantry.yaml:1:23: gateway.keep_alive: 'soon' is not a duration (write 250ms, 30s, 10m, 2h "
     "or 1h30m)"},
    {"gateway: {log: {level: trace}}",
     "gantry.yaml:1:24: gateway.log.level: 'trace' is not known (one of debug, info, warn, "
     "error)"},
    {"gateway: {log: {format: {}}}",
     "gantry.yaml:1:25: gateway.log.format: expected text, found a mapping"},
    {"gateway: {limits: 5}",
     "gantry.yaml:1:19: gateway.limits: expected a mapping, found a number (write KEY: VALUE "
     "lines below it)"},
    {"gateway: {loops: }",
     "gantry.yaml:1:18: gateway.loops: a value is missing (write \"\" for an empty text)"},
    {"gateway: [1]",
     "gantry.yaml:1:10: gateway: expected a mapping, found a list (write KEY: VALUE lines below "
     "it)"},
    {"gateway: {lisen: x}", "gantry.yaml:1:11: unknown key 'lisen' (did you mean 'listen'?)"},
    {"gateway: {port: 3010}", "gantry.yaml:1:11: unknown key 'port' (did you mean 'listen'?)"},
    {"gateway: {limits: {boddy: 1}}",
     "gantry.yaml:1:20: unknown key 'boddy' (did you mean 'body'?)"},
    {"gateway: {limits.body: 4MiB}",
     "gantry.yaml:1:11: unknown key 'limits.body' (known here: listen, allowed_hosts, "
     "allowed_origins, auth, limits, loops, session_idle, keep_alive, stream_ping, names, log)"},
    {"gateway: {tls: {}}",
     "gantry.yaml:1:11: gateway.tls: not available yet (leave it out for now)"},
    {"gateway: {auth: {jwt: {}}}",
     "gantry.yaml:1:18: gateway.auth.jwt: not available yet (leave it out for now)"},
    {"gateway: {auth: {mtls: {}}}",
     "gantry.yaml:1:18: gateway.auth.mtls: not available yet (leave it out for now)"},
    {"gateway: {base_path: /x}",
     "gantry.yaml:1:11: gateway.base_path: not available yet (leave it out for now)"},
    {"gateway: {trusted_proxies: []}",
     "gantry.yaml:1:11: gateway.trusted_proxies: not available yet (leave it out for now)"},
    {"gateway: {cors: {}}",
     "gantry.yaml:1:11: gateway.cors: not available yet (leave it out for now)"},
    {"gateway: {allowed_hosts: [ok.example, '*.example']}",
     "gantry.yaml:1:39: gateway.allowed_hosts: '*.example' is not a host (write app.example or "
     "app.example:3010; a pattern is not read)"},
    {"gateway: {allowed_origins: https://a.example/x}",
     "gantry.yaml:1:28: gateway.allowed_origins: 'https://a.example/x' is not an origin (write "
     "https://app.example or http://localhost:5173; a pattern is not read)"},
    {"gateway: {allowed_origins: ['null']}",
     "gantry.yaml:1:29: gateway.allowed_origins: 'null' is not an origin (write "
     "https://app.example or http://localhost:5173; a pattern is not read)"},
    {"gateway: {loops: '${LOOPS}'}",
     "gantry.yaml:1:18: gateway.loops: ${LOOPS} is not set (set LOOPS, or write "
     "${LOOPS:-default})"},
    {"gateway: {listen: []}",
     "gantry.yaml:1:19: gateway.listen: no address (write 127.0.0.1:3010, or leave it out)"},
    {"gateway:\n  listen: [127.0.0.1:3010, 'localhost:3010']",
     "gantry.yaml:2:11: gateway.listen: localhost:3010 is there twice (keep one of them)"},
    {"gateway:\n  listen: [0.0.0.0:3010]",
     "gantry.yaml:2:11: gateway.listen: 0.0.0.0:3010 is reached from other machines, so clients "
     "must authenticate (set gateway.auth.tokens, or listen on 127.0.0.1)"},
    {"gateway:\n  listen: ['[::]:3010', 127.0.0.1:3010]",
     "gantry.yaml:2:11: gateway.listen: [::]:3010 is reached from other machines, so clients "
     "must authenticate (set gateway.auth.tokens, or listen on 127.0.0.1)"},
};

TEST(ConfigGateway, RefusesWrongValues) {
  for (const auto& each : kWrongValues) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml(each.yaml);
    ASSERT_FALSE(loaded) << each.yaml;
    EXPECT_EQ(told(loaded.error()), each.told) << each.yaml;
  }
}

TEST(ConfigGateway, RefusesWrongTokens) {
  const std::string make = " (make one with: openssl rand -base64 32)";
  const std::string literal =
      "gateway.auth.tokens: a token must not stand in this file (write ${file:/run/secrets/token} "
      "or ${VAR}, or {name: laptop, file: PATH})";
  const std::vector<Wrong> cases = {
      {"[Vd8pQ2mZx7Lr4TnK]", literal},
      {"[{value: Vd8pQ2mZx7Lr4TnK}]", literal},
      {"['Bearer ${GOOD}']", literal},
      {"['${NONE:-Vd8pQ2mZx7Lr4TnK}']", literal},
      {"['${NONE}']",
       "gateway.auth.tokens: ${NONE} is not set (set NONE, or write ${NONE:-default})"},
      {"['${SHORT}']", "gateway.auth.tokens: the token is shorter than 16 bytes" + make},
      {"['${EMPTY}']", "gateway.auth.tokens: the token is empty" + make},
      {"['${KNOWN}']", "gateway.auth.tokens: the token is a well known default" + make},
      {"['${REPEATED}']", "gateway.auth.tokens: the token is a well known default" + make},
      {"['${SPACED}']",
       "gateway.auth.tokens: the token holds a space or a character that is not visible ASCII" +
           make},
      {"[{name: a, env: NONE}]",
       "gateway.auth.tokens: ${env:NONE} is not set (set NONE, or write "
       "${NONE:-default})"},
      {"[{name: a, file: none}]",
       "gateway.auth.tokens: cannot read none: No such file or directory"},
      {"[{name: a, file: two}]",
       "gateway.auth.tokens: two holds more than one line (keep one token a file here; "
       "GANTRY_AUTH_TOKENS_FILE names a file with many)"},
      {"[{name: a}]",
       "gateway.auth.tokens: a token without a source (write {name: laptop, file: PATH})"},
      {"[{file: two, env: GOOD}]",
       "gateway.auth.tokens: both file and env are given (keep one of them)"},
      {"[{nmae: a, env: GOOD}]", "unknown key 'nmae' (did you mean 'name'?)"},
      {"[{name: a b, env: GOOD}]", "gateway.auth.tokens: a token's name is one word"},
      {"[{name: a, env: GOOD}, {name: a, env: OTHER}]",
       "gateway.auth.tokens: two tokens are named 'a'"},
      {"[{name: a, env: GOOD}, {name: b, env: GOOD}]",
       "gateway.auth.tokens: 'a' and 'b' are the same token"},
      {"x",
       "gateway.auth.tokens: expected a list, found text (write [{name: laptop, file: PATH}])"},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    folder.write("two", "one\ntwo\n");
    // The listener beyond loopback is not told of as well: the wrong token is the matter.
    const auto loaded =
        folder.load_yaml("gateway:\n  listen: 0.0.0.0:1\n  auth:\n    tokens: " + each.yaml,
                         {{"GOOD", kToken},
                          {"OTHER", "Jx4nWq9Rt2Yb6HcM"},
                          {"SHORT", "Vd8pQ2mZ"},
                          {"EMPTY", ""},
                          {"KNOWN", "changeme"},
                          {"REPEATED", "abcabcabcabcabcabcabc"},
                          {"SPACED", "Vd8pQ2mZ x7Lr4TnK"}});
    ASSERT_FALSE(loaded) << each.yaml;
    const auto all = told(loaded.error());
    EXPECT_TRUE(all.starts_with("gantry.yaml:4:")) << all;
    EXPECT_EQ(all.substr(all.find(": ") + 2), each.told) << each.yaml;
    EXPECT_EQ(all.find(kToken), std::string::npos) << all;
  }
}

TEST(ConfigGateway, ReadsTokens) {
  const TestFolder folder;
  folder.write("secrets/laptop", "Vd8pQ2mZx7Lr4TnK\n");
  const auto loaded = folder.load_yaml(
      "gateway:\n  listen: [0.0.0.0:3010]\n  auth:\n    tokens:\n"
      "      - {name: laptop, file: secrets/laptop}\n      - {name: ci, env: CI_TOKEN}\n"
      "      - ${OTHER}\n      - {name: four, value: '${file:./four}'}\n",
      {{"CI_TOKEN", "Jx4nWq9Rt2Yb6HcM"}, {"OTHER", "Lk3sVz8Pd5Gf1QwE"}});
  ASSERT_FALSE(loaded);
  folder.write("four", "Ub7mXc2Na9Ks4ErT");
  const auto again =
      folder.load("gantry.yaml", {{"CI_TOKEN", "Jx4nWq9Rt2Yb6HcM"}, {"OTHER", "Lk3sVz8Pd5Gf1QwE"}});
  ASSERT_TRUE(again) << told(again.error());
  const auto& tokens = again->config.gateway.tokens;
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[0].name, "laptop");
  EXPECT_EQ(tokens[0].secret.reveal(), "Vd8pQ2mZx7Lr4TnK");
  EXPECT_EQ(tokens[1].secret.reveal(), "Jx4nWq9Rt2Yb6HcM");
  EXPECT_EQ(tokens[2].name, "token-3");
  EXPECT_EQ(tokens[3].secret.reveal(), "Ub7mXc2Na9Ks4ErT");
  EXPECT_EQ(setting(*again, "gateway.auth.tokens"),
            "laptop (secret), ci (secret), token-3 (secret), four (secret) from gantry.yaml:5:7");
}

TEST(ConfigGateway, ReadsAFileOfTokensFromTheEnvironment) {
  const TestFolder folder;
  folder.write("list", "# ours\n\nlaptop: Vd8pQ2mZx7Lr4TnK\r\nJx4nWq9Rt2Yb6HcM\n");
  folder.write("bad", "\nshort\n");
  folder.write("none", "# nothing\n");
  const auto with = [&](const std::string& name) {
    return folder.load_yaml("gateway: {listen: '0.0.0.0:1'}",
                            {{"GANTRY_AUTH_TOKENS_FILE", (folder.path() / name).string()}});
  };
  const auto good = with("list");
  ASSERT_TRUE(good) << told(good.error());
  ASSERT_EQ(good->config.gateway.tokens.size(), 2U);
  EXPECT_EQ(good->config.gateway.tokens[0].name, "laptop");
  EXPECT_EQ(good->config.gateway.tokens[1].name, "token-4");
  EXPECT_EQ(setting(*good, "gateway.auth.tokens"),
            "laptop (secret), token-4 (secret) from GANTRY_AUTH_TOKENS_FILE");
  EXPECT_EQ(told(with("bad").error()),
            "GANTRY_AUTH_TOKENS_FILE: bad:2: the token is shorter than 16 bytes (make one with: "
            "openssl rand -base64 32)");
  EXPECT_EQ(
      told(with("none").error()),
      "GANTRY_AUTH_TOKENS_FILE: none holds no token (make one with: openssl rand -base64 32)");
  EXPECT_EQ(told(with("absent").error()),
            "GANTRY_AUTH_TOKENS_FILE: cannot read absent: No such file or directory");
}

TEST(ConfigGateway, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml(
      "gateway:\n  limits: {body: 1MiB, depth: 64, sessions: 7}\n  allowed_hosts: a.example\n",
      {{"GANTRY_LIMITS_BODY", "2MiB"},
       {"GANTRY_LIMITS_DEPTH", "65"},
       {"GANTRY_LISTEN", "127.0.0.1:0, [::1]:0"},
       {"GANTRY_ALLOWED_HOSTS", ""},
       {"GANTRY_LOG_LEVEL", "debug"}},
      {{"gateway.limits.body", "3MiB"},
       {"gateway.allowed_origins", "https://A.example,http://b.example:8080"},
       {"gateway.allowed_origins", "https://c.example"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  EXPECT_EQ(loaded->config.gateway.limits.body, 3U << 20U);
  EXPECT_EQ(setting(*loaded, "gateway.limits.body"), "3MiB from --limits-body");
  EXPECT_EQ(setting(*loaded, "gateway.limits.depth"), "65 from GANTRY_LIMITS_DEPTH");
  EXPECT_EQ(setting(*loaded, "gateway.limits.sessions"), "7 from gantry.yaml:2:45");
  EXPECT_EQ(setting(*loaded, "gateway.limits.header"), "32KiB from default");
  EXPECT_EQ(setting(*loaded, "gateway.listen"), "127.0.0.1:0, [::1]:0 from GANTRY_LISTEN");
  EXPECT_EQ(setting(*loaded, "gateway.allowed_hosts"), "a.example from gantry.yaml:3:18");
  EXPECT_EQ(setting(*loaded, "gateway.log.level"), "debug from GANTRY_LOG_LEVEL");
  EXPECT_EQ(setting(*loaded, "gateway.allowed_origins"),
            "https://a.example, http://b.example:8080, https://c.example from --allowed-origins");
  EXPECT_EQ(loaded->config.gateway.listen.size(), 2U);
  EXPECT_EQ(told(loaded->warnings), "");
}

TEST(ConfigGateway, NamesTheOriginOfAWrongValue) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml("gateway: {loops: x}",
                                       {{"GANTRY_LIMITS_BODY", "x"}, {"GANTRY_LISTEN", "3010"}},
                                       {{"gateway.names.max", "9"}, {"gateway.limits.bdy", "1"}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(
      told(loaded.error()),
      "gantry.yaml:1:18: gateway.loops: 'x' is not a whole number\n"
      "GANTRY_LISTEN: '3010' has no port (write 127.0.0.1:3010, [::1]:3010, localhost:3010 or "
      "unix:/run/gantry.sock)\n"
      "GANTRY_LIMITS_BODY: 'x' is not a size (write 4MiB, 512KiB, 10MB or a number of bytes)\n"
      "--names-max: '9' is out of range (between 16 and 128)\n"
      "--gateway.limits.bdy: 'gateway.limits.bdy' is not a setting (did you mean "
      "'gateway.limits.body'?)");
}

TEST(ConfigGateway, WarnsOfUnknownVariables) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml("", {{"GANTRY_LISTN", "x"},
                                            {"GANTRY_WHATEVER_ELSE", "x"},
                                            {"GANTRY_STATE_DIR", "x"},
                                            {"GANTRY_BIN", "x"},
                                            {"GANTRY_TEST_LOOPS", "x"},
                                            {"GANTRY_CI_X", "x"},
                                            {"PATH", "x"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  EXPECT_EQ(told(loaded->warnings),
            "GANTRY_LISTN: 'GANTRY_LISTN' is not a setting (did you mean 'GANTRY_LISTEN'?)\n"
            "GANTRY_WHATEVER_ELSE: 'GANTRY_WHATEVER_ELSE' is not a setting");
}

TEST(ConfigGateway, EveryRowReadsWhatItPrints) {
  const Gateway defaults;
  for (const auto& row : gateway_rows()) {
    EXPECT_TRUE(row.variable.starts_with("GANTRY_")) << row.key;
    EXPECT_TRUE(row.says.ends_with('.')) << row.key;
    if (row.is_list() && row.key != "listen") continue;  // empty by default
    Gateway other;
    if (row.is_list()) row.clear(other);
    EXPECT_TRUE(row.put(other, row.print(defaults))) << row.key;
    EXPECT_EQ(row.print(other), row.print(defaults)) << row.key;
  }
}

}  // namespace
}  // namespace gantry::config
