#include "config/server.h"

#include <gtest/gtest.h>

#include "config/test_load.h"

namespace gantry::config {
namespace {

struct Case {
  std::string yaml;
  std::string told;
};

// Each stands as `  a: ENTRY` in the second line.
const std::vector<Case> kWrongEntries = {
    {"{}",
     "2:3: servers.a: has neither 'command' nor 'url' (write command: PROGRAM, or url: "
     "https://host/path)"},
    {"npx", "2:6: servers.a: expected a mapping, found text (write KEY: VALUE lines below it)"},
    {"{command: x, url: 'http://h/'}",
     "2:3: servers.a: has both 'command' and 'url' (keep one of them)"},
    {"{comand: x}", "2:7: unknown key 'comand' (did you mean 'command'?)"},
    {"{command: x, type: stdio}", "2:19: unknown key 'type' (did you mean 'transport'?)"},
    {"{command: x, timeouts: {cal: 1s}}", "2:30: unknown key 'cal' (did you mean 'call'?)"},
    {"{command: x, zzzzzz: 1}",
     "2:19: unknown key 'zzzzzz' (known here: command, args, env, cwd, url, headers, transport, "
     "tools, roots, labels, share, start, idle_stop, timeouts, restart)"},
    {"{command: [npx, -y]}",
     "2:16: servers.a.command: expected text, found a list (write command: npx and args: [-y, "
     "…])"},
    {"{command: npx -y x}",
     "2:16: servers.a.command: 'npx -y x' is not the name of a program (no shell reads it: put "
     "what follows the program into args)"},
    {"{command: ''}", "2:16: servers.a.command: is empty"},
    {"{command: }", "2:16: servers.a.command: a value is missing (write \"\" for an empty text)"},
    {"{command: x, args: -y}", "2:25: servers.a.args: expected a list, found text (write [a, b])"},
    {"{command: x, args: [[y]]}", "2:26: servers.a.args: expected text, found a list"},
    {"{command: x, args: [\"a\\0b\"]}", "2:26: servers.a.args: holds a NUL character"},
    {"{command: x, env: [A=1]}",
     "2:24: servers.a.env: expected a mapping, found a list (write KEY: VALUE lines below it)"},
    {"{command: x, env: {A=B: 1}}", "2:25: servers.a.env: 'A=B' cannot be a variable's name"},
    {"{command: x, env: {A: }}",
     "2:28: servers.a.env.A: a value is missing (write \"\" for an empty text)"},
    {"{command: x, cwd: ''}", "2:24: servers.a.cwd: is empty (write . for this folder)"},
    {"{command: x, headers: {A: b}}",
     "2:28: servers.a.headers: belongs to a server with 'url' (this one has 'command')"},
    {"{url: 'http://h/', args: [x]}",
     "2:31: servers.a.args: belongs to a server with 'command' (this one has 'url')"},
    {"{command: x, transport: streamable-http}",
     "2:30: servers.a.transport: streamable-http does not fit 'command' (write stdio, or leave "
     "it out)"},
    {"{url: 'http://h/', transport: stdio}",
     "2:36: servers.a.transport: stdio does not fit 'url' (write streamable-http, or leave it "
     "out)"},
    {"{url: 'http://h/', transport: sse}",
     "2:36: servers.a.transport: sse is not available yet (stdio and streamable-http are)"},
    {"{url: 'http://h/', transport: websocket}",
     "2:36: servers.a.transport: websocket is not available yet (stdio and streamable-http are)"},
    {"{url: 'http://h/', transport: grpc}",
     "2:36: servers.a.transport: 'grpc' is not known (one of stdio, streamable-http)"},
    {"{url: h/mcp}", "2:12: servers.a.url: not an absolute URL (write https://host/path)"},
    {"{url: 'ftp://h/'}",
     "2:12: servers.a.url: 'ftp' is not available: http and https are (write https://host/path)"},
    {"{url: 'https://me:word@h/'}",
     "2:12: servers.a.url: a URL with a user name or password (set headers: {Authorization: …})"},
    {"{url: 'http://h:99999/'}",
     "2:12: servers.a.url: 'h:99999' is not a host (write https://host/path)"},
    {"{url: 'http:///x'}", "2:12: servers.a.url: '' is not a host (write https://host/path)"},
    {"{url: 'http://h/#x'}",
     "2:12: servers.a.url: a URL with a fragment (#) (write https://host/path)"},
    {"{url: 'http://h/a b'}",
     "2:12: servers.a.url: a URL holds a character that must be written as %XX (write "
     "https://host/path)"},
    {"{url: 'http://h/', headers: {'A B': x}}",
     "2:35: servers.a.headers: 'A B' cannot be a header's name"},
    {"{url: 'http://h/', headers: {Mcp-Session-Id: x}}",
     "2:35: servers.a.headers: the header 'Mcp-Session-Id' is set by the gateway (leave it out)"},
    {"{url: 'http://h/', headers: {A: x, a: y}}",
     "2:41: servers.a.headers: 'a' is there twice (a header's case makes no difference)"},
    {"{url: 'http://h/', headers: {A: \"secret\\r\\nB: c\"}}",
     "2:38: servers.a.headers.A: a header's value holds a line break or another control "
     "character (a secret's file must hold one line)"},
    {"{command: x, share: all}",
     "2:26: servers.a.share: 'all' is not known (one of auto, shared, session)"},
    {"{command: x, start: now}", "2:26: servers.a.start: 'now' is not known (one of lazy, eager)"},
    {"{command: x, timeouts: {call: 0}}",
     "2:36: servers.a.timeouts.call: '0' is out of range (between 100ms and 1d)"},
    {"{command: x, timeouts: {call: 1h}}",
     "2:36: servers.a.timeouts.call: 1h is above timeouts.call_max (30m) (raise "
     "timeouts.call_max too)"},
    {"{command: x, timeouts: 60s}",
     "2:29: servers.a.timeouts: expected a mapping, found text (write KEY: VALUE lines below "
     "it)"},
    {"{command: x, restart: {most: 10ms}}",
     "2:35: servers.a.restart.first: 100ms is above restart.most (10ms) (raise restart.most "
     "too)"},
    {"{command: x, tools: {allow: ['']}}", "2:35: servers.a.tools.allow: a tool's name is empty"},
    {"{command: x, tools: {rename: {a: 'b c'}}}",
     "2:39: servers.a.tools.rename: 'b c' cannot be the name of a tool (letters, digits, '-', "
     "'_' and '.', at most 128)"},
    {"{command: x, tools: {rename: {a: c, b: c}}}",
     "2:45: servers.a.tools.rename: two tools become 'c'"},
    {"{command: x, roots: clients}",
     "2:26: servers.a.roots: 'clients' is not known (write client, or a list of folders: "
     "[./data])"},
    {"{command: x, roots: [https://h/x]}",
     "2:27: servers.a.roots: 'https://h/x' is not a path or a file:// URI (write ./data or "
     "file:///srv/data)"},
    {"{command: x, roots: [{name: x}]}", "2:27: servers.a.roots: a root without a uri"},
    {"{command: x, roots: client, share: shared}",
     "2:41: servers.a.share: shared does not fit roots: client (each client has its own roots: "
     "leave share out)"},
    {"{command: x, labels: {a: []}}", "2:31: servers.a.labels.a: expected text, found a list"},
    {"{image: mcp/x}", "2:7: servers.a.image: not available yet (leave it out for now)"},
    {"{build: ./x}", "2:7: servers.a.build: not available yet (leave it out for now)"},
    {"{command: x, tools: {risk: {}}}",
     "2:27: servers.a.tools.risk: not available yet (leave it out for now)"},
};

TEST(ConfigServer, RefusesWrongEntries) {
  for (const auto& each : kWrongEntries) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml("servers:\n  a: " + each.yaml + "\n");
    ASSERT_FALSE(loaded) << each.yaml;
    EXPECT_EQ(told(loaded.error()), "gantry.yaml:" + each.told) << each.yaml;
  }
}

TEST(ConfigServer, RefusesByNameWhatComesLater) {
  for (const std::string key : {"volumes", "network", "memory", "cpus", "egress", "replicas",
                                "health", "era", "register"}) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml("servers: {a: {command: x, " + key + ": 1}}");
    ASSERT_FALSE(loaded) << key;
    EXPECT_EQ(loaded.error().at(0).message, "servers.a." + key + ": not available yet");
  }
}

TEST(ConfigServer, ReadsEveryKeyOfACommand) {
  const TestFolder folder;
  folder.write("key", "from-a-file\n");
  const auto loaded = folder.load_yaml(
      "servers:\n"
      "  mine:\n"
      "    command: ./bin/../bin/server\n"
      "    args: [-y, 8080, true, \"${HOME_PAGE}\", $$x, \"${NONE:-d}\"]\n"
      "    env: {KEY: \"${file:key}\", PORT: 3000, EMPTY: ''}\n"
      "    cwd: data/\n"
      "    transport: stdio\n"
      "    share: session\n"
      "    start: eager\n"
      "    idle_stop: 0\n"
      "    timeouts: {start: 1s, call: 2s, call_max: 3s, idle: 4s}\n"
      "    restart: {first: 1ms, most: 2s, healthy_after: 3s}\n"
      "    tools: {allow: 'read_*', deny: [a, b], rename: {read_file: read}}\n"
      "    labels: {mcp.governance.level: high}\n",
      {{"HOME_PAGE", "https://x"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  const auto& server = loaded->config.servers.at(0);
  const auto& command = std::get<Command>(server.kind);
  EXPECT_EQ(server.name, "mine");
  EXPECT_EQ(server.where, "gantry.yaml:2:3");
  EXPECT_FALSE(server.broken);
  EXPECT_EQ(command.program, folder.path() / "bin/server");
  EXPECT_EQ(command.args, (std::vector<std::string>{"-y", "8080", "true", "https://x", "$x", "d"}));
  EXPECT_EQ(command.env, (std::map<std::string, std::string>{
                             {"EMPTY", ""}, {"KEY", "from-a-file"}, {"PORT", "3000"}}));
  EXPECT_EQ(command.cwd, folder.path() / "data");
  EXPECT_EQ(server.share, Share::kSession);
  EXPECT_EQ(server.start, Start::kEager);
  EXPECT_EQ(server.idle_stop, 0s);
  EXPECT_EQ(server.timeouts.start, 1s);
  EXPECT_EQ(server.timeouts.call, 2s);
  EXPECT_EQ(server.timeouts.call_max, 3s);
  EXPECT_EQ(server.timeouts.idle, 4s);
  EXPECT_EQ(server.restart.first, 1ms);
  EXPECT_EQ(server.restart.most, 2s);
  EXPECT_EQ(server.restart.healthy_after, 3s);
  EXPECT_EQ(server.tools.allow, std::vector<std::string>{"read_*"});
  EXPECT_EQ(server.tools.deny, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(server.tools.rename.at("read_file"), "read");
  EXPECT_EQ(server.labels.at("mcp.governance.level"), "high");

  EXPECT_EQ(setting(*loaded, "servers.mine.args"),
            R"(["-y", "8080", "true", "${HOME_PAGE}", "$$x", "${NONE:-d}"] from gantry.yaml:4:11)");
  EXPECT_EQ(setting(*loaded, "servers.mine.env.KEY"), "(secret) from gantry.yaml:5:16");
  EXPECT_EQ(setting(*loaded, "servers.mine.timeouts.call"), "2s from gantry.yaml:11:33");
  EXPECT_EQ(setting(*loaded, "servers.mine.tools.deny"), "a, b from gantry.yaml:13:36");
  EXPECT_EQ(setting(*loaded, "servers.mine.labels.mcp.governance.level"),
            "high from gantry.yaml:14:36");
}

TEST(ConfigServer, HasDefaults) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml("mcpServers: {a: {command: npx}}");
  ASSERT_TRUE(loaded) << told(loaded.error());
  const auto& server = loaded->config.servers.at(0);
  EXPECT_EQ(std::get<Command>(server.kind).program, "npx");
  EXPECT_EQ(std::get<Command>(server.kind).cwd, folder.path());
  EXPECT_EQ(server.timeouts.call, 60s);
  EXPECT_EQ(setting(*loaded, "servers.a.cwd"), folder.path().string() + " from default");
  EXPECT_EQ(setting(*loaded, "servers.a.idle_stop"), "10m from default");
}

TEST(ConfigServer, ReadsAUrl) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml(
      "servers:\n  a:\n    url: http://[::1]:8080/mcp?x=${X}\n"
      "    headers: {Authorization: 'Bearer ${KEY}'}\n    transport: streamable-http\n",
      {{"X", "1"}, {"KEY", "hidden"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  const auto& remote = std::get<Remote>(loaded->config.servers.at(0).kind);
  EXPECT_EQ(remote.url, "http://[::1]:8080/mcp?x=1");
  ASSERT_EQ(remote.headers.size(), 1U);
  EXPECT_EQ(remote.headers[0].second.reveal(), "Bearer hidden");
  EXPECT_EQ(setting(*loaded, "servers.a.headers.Authorization"), "(secret) from gantry.yaml:4:30");
  EXPECT_EQ(setting(*loaded, "servers.a.url"),
            "http://[::1]:8080/mcp?x=${X} from gantry.yaml:3:10");
}

TEST(ConfigServer, AnUnresolvedValueBreaksItsServerAlone) {
  const std::vector<Case> cases = {
      {"{command: x, args: ['${NONE}']}", "gantry.yaml:2:26: servers.a.args: ${NONE} is not set"},
      {"{command: '${env:NONE}'}", "gantry.yaml:2:16: servers.a.command: ${env:NONE} is not set"},
      {"{url: '${NONE}'}", "gantry.yaml:2:12: servers.a.url: ${NONE} is not set"},
      {"{command: x, env: {K: '${file:none}'}}",
       "gantry.yaml:2:28: servers.a.env.K: cannot read none: No such file or directory"},
      {"{command: x, env: {K: '${vault:a/b#c}'}}",
       "gantry.yaml:2:28: servers.a.env.K: ${vault:a/b#c}: vault is not available yet"},
      {"{command: x, timeouts: {call: '${NONE}'}}",
       "gantry.yaml:2:36: servers.a.timeouts.call: ${NONE} is not set"},
      {"{command: x, env: {K: '${NONE', L: '${NONE}'}}",
       "gantry.yaml:2:28: servers.a.env.K: a reference ${ is not closed"},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml("servers:\n  a: " + each.yaml + "\n  b: {command: y}\n");
    ASSERT_TRUE(loaded) << each.yaml << ": " << told(loaded.error());
    const auto& broken = loaded->config.servers.at(0).broken;
    ASSERT_TRUE(broken) << each.yaml;
    EXPECT_EQ(broken->message, each.told);
    EXPECT_FALSE(loaded->config.servers.at(1).broken);
  }
}

TEST(ConfigServer, ReadsRoots) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml(
      "servers:\n  a: {command: x, roots: ['./a b', /srv/data/, 'file:///x/y', {uri: ., name: "
      "here}]}\n  b: {command: x, roots: client}\n");
  ASSERT_TRUE(loaded) << told(loaded.error());
  const auto& roots = loaded->config.servers.at(0).roots;
  EXPECT_FALSE(roots.from_client);
  ASSERT_EQ(roots.fixed.size(), 4U);
  EXPECT_EQ(roots.fixed[0].uri, "file://" + folder.path().string() + "/a%20b");
  EXPECT_EQ(roots.fixed[0].name, "a b");
  EXPECT_EQ(roots.fixed[1].uri, "file:///srv/data");
  EXPECT_EQ(roots.fixed[2].uri, "file:///x/y");
  EXPECT_EQ(roots.fixed[2].name, "y");
  EXPECT_EQ(roots.fixed[3].uri, "file://" + folder.path().string());
  EXPECT_EQ(roots.fixed[3].name, "here");
  EXPECT_TRUE(loaded->config.servers.at(1).roots.from_client);
  EXPECT_EQ(loaded->config.servers.at(1).share, Share::kSession);
  EXPECT_EQ(setting(*loaded, "servers.b.share"), "session from gantry.yaml:3:26");
}

TEST(ConfigServer, TheFingerprintIsThatOfWhatDecidesTheLists) {
  const TestFolder folder;
  const auto of = [&](const std::string& entry, const std::string& value = "1") {
    const auto loaded = folder.load_yaml("servers:\n  a: " + entry + "\n", {{"V", value}});
    return loaded ? loaded->config.servers.at(0).fingerprint : told(loaded.error());
  };
  const auto base = of("{command: x, args: [a, b]}");
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(base, of("{command: x, args: [a, b], timeouts: {call: 1s}, labels: {a: b}}"));
  for (const std::string other :
       {"{command: y, args: [a, b]}", "{command: x, args: [ab]}", "{command: x, args: ['a:b']}",
        "{command: x, args: [a, b], env: {A: 1}}", "{command: x, args: [a, b], cwd: z}",
        "{command: x, args: [a, b], tools: {deny: [t]}}", "{url: 'http://x/'}"}) {
    EXPECT_NE(base, of(other)) << other;
  }
  EXPECT_NE(of("{command: x, env: {A: '${V}'}}", "1"), of("{command: x, env: {A: '${V}'}}", "2"));
  // A token that is renewed changes nothing of what the server offers.
  EXPECT_EQ(of("{url: 'http://x/', headers: {A: '${V}'}}", "1"),
            of("{url: 'http://x/', headers: {A: '${V}'}}", "2"));
}

}  // namespace
}  // namespace gantry::config
