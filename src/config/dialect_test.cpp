#include "config/dialect.h"

#include <gtest/gtest.h>

#include "config/test_load.h"

namespace gantry::config {
namespace {

const Command& command_of(const Loaded& loaded, std::size_t index) {
  return std::get<Command>(loaded.config.servers.at(index).kind);
}

std::string broken(const Loaded& loaded, std::size_t index) {
  const auto& error = loaded.config.servers.at(index).broken;
  return error ? error->message : "not broken";
}

TEST(ConfigDialect, ClaudeDesktopReplacesNothing) {
  const TestFolder folder;
  folder.write("claude_desktop_config.json", R"({
  // comments are fine
  "globalShortcut": "Ctrl+Space",
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "${HOME}", "$$"], "env": {"A": "${B}"}},
  },
})");
  const auto loaded = folder.load("claude_desktop_config.json", {{"HOME", "/h"}, {"B", "b"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  EXPECT_EQ(command_of(*loaded, 0).args, (std::vector<std::string>{"-y", "${HOME}", "$$"}));
  EXPECT_EQ(command_of(*loaded, 0).env.at("A"), "${B}");
  EXPECT_EQ(
      told(loaded->warnings),
      "claude_desktop_config.json:3:3: ignored: globalShortcut (Gantry reads the servers of a "
      "client's file)\n"
      "claude_desktop_config.json:4:17: ${…} stays as it is: this client replaces no "
      "variables (put the servers into gantry.yaml to use variables)");
}

TEST(ConfigDialect, EachClientReplacesItsOwnVariables) {
  struct Case {
    std::string file;
    std::string key;
    std::string value;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {".mcp.json", "mcpServers", "${V}", "v"},
      {".mcp.json", "mcpServers", "${NONE:-d}", "d"},
      {".mcp.json", "mcpServers", "$$", "$$"},
      {".claude.json", "mcpServers", "${V}", "v"},
      {".cursor/mcp.json", "mcpServers", "${env:V}", "v"},
      {".cursor/mcp.json", "mcpServers", "${workspaceFolder}/x", "FOLDER/x"},
      {".vscode/mcp.json", "servers", "${env:V}", "v"},
      {".vscode/mcp.json", "servers", "${workspaceFolder}", "FOLDER"},
      {"mcp.json", "servers", "${workspaceFolder}", "FOLDER"},
      {"mcp.json", "mcpServers", "${V}", "${V}"},
      {"other.json", "mcpServers", "${V}", "${V}"},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    folder.write(each.file, "{\"" + each.key + "\": {\"a\": {\"command\": \"x\", \"args\": [\"" +
                                each.value + "\"]}}}");
    const auto loaded = folder.load(each.file, {{"V", "v"}});
    ASSERT_TRUE(loaded) << each.file << ": " << told(loaded.error());
    auto expected = each.expected;
    if (expected.starts_with("FOLDER")) expected.replace(0, 6, folder.path().string());
    EXPECT_EQ(command_of(*loaded, 0).args.at(0), expected) << each.file;
    EXPECT_EQ(command_of(*loaded, 0).cwd, folder.path()) << each.file;
  }
}

TEST(ConfigDialect, AWrongEntryBreaksItsServerAlone) {
  struct Case {
    std::string entry;
    std::string told;
  };
  const std::vector<Case> cases = {
      {R"({"type": "sse", "url": "https://h/sse"})",
       "f.json:2:19: servers.bad.type: sse is not available yet"},
      {R"({"type": "carrier-pigeon", "url": "https://h/"})",
       "f.json:2:19: servers.bad.type: 'carrier-pigeon' is not known"},
      {R"({"command": "x", "args": ["${input:key}"]})",
       "f.json:2:36: servers.bad.args: ${input:key} asks a person in VS Code, which nobody can "
       "answer here"},
      {R"({"command": "x", "args": ["${env:NONE}"]})",
       "f.json:2:36: servers.bad.args: ${env:NONE} is not set"},
      {R"({"command": "x", "args": ["${what}"]})",
       "f.json:2:36: servers.bad.args: ${what} cannot be resolved"},
      {R"({})", "f.json:2:3: servers.bad: has neither 'command' nor 'url'"},
      {R"({"command": 5})", "not broken"},
      {R"({"command": {}})", "f.json:2:22: servers.bad.command: expected text, found a mapping"},
      {R"({"command": "x", "url": "https://h/"})",
       "f.json:2:3: servers.bad: has both 'command' and 'url'"},
      {R"({"url": "https://h/", "serverUrl": "https://i/"})",
       "f.json:2:32: servers.bad.serverUrl: says 'url' a second time"},
      {R"({"url": "nowhere"})", "f.json:2:18: servers.bad.url: not an absolute URL"},
      {R"({"command": "x", "disabled": "no"})",
       "f.json:2:39: servers.bad.disabled: expected true or false"},
      {R"({"command": "x", "timeout": "1s"})",
       "f.json:2:38: servers.bad.timeout: expected a whole number"},
      {R"({"command": "x", "envFile": "none.env"})",
       "f.json:2:38: servers.bad.envFile: cannot read none.env: No such file or directory"},
      {R"({"command": "x", "envFile": "bad.env"})",
       "f.json:2:38: servers.bad.envFile: line 2 is not NAME=VALUE"},
      {R"("text")", "f.json:2:10: servers.bad: expected a mapping, found text"},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    folder.write("bad.env", "A=1\nnonsense\n");
    folder.write("f.json", "{\"inputs\": [], \"servers\": {\n  \"bad\": " + each.entry +
                               ",\n  \"good\": {\"command\": \"y\"}}}");
    const auto loaded = folder.load("f.json");
    ASSERT_TRUE(loaded) << each.entry << ": " << told(loaded.error());
    ASSERT_EQ(loaded->config.servers.size(), 2U) << each.entry;
    EXPECT_EQ(broken(*loaded, 0), each.told) << each.entry;
    EXPECT_EQ(broken(*loaded, 1), "not broken");
  }
}

TEST(ConfigDialect, MapsTheKeysThatItKnows) {
  const TestFolder folder;
  folder.write("a.env", "A=file\nB='two words'\n");
  folder.write("cline_mcp_settings.json", R"({"mcpServers": {
    "local": {"type": "stdio", "command": "x", "env": {"A": "entry"}, "envFile": "a.env",
              "cwd": "sub", "timeout": 90, "autoApprove": ["t"], "disabled": false},
    "far": {"type": "streamableHttp", "url": "https://h/mcp", "headers": {"X": "y"},
            "trust": true, "alwaysAllow": []},
    "old": {"serverUrl": "https://i/mcp"}, "older": {"httpUrl": "https://j/mcp"},
    "off": {"command": "x", "disabled": true}, "off2": {"command": "x", "enabled": false},
    "null": {"command": "x", "url": null}}})");
  const auto loaded = folder.load("cline_mcp_settings.json");
  ASSERT_TRUE(loaded) << told(loaded.error());
  const auto& servers = loaded->config.servers;
  ASSERT_EQ(servers.size(), 5U);
  for (std::size_t i = 0; i < servers.size(); ++i) EXPECT_EQ(broken(*loaded, i), "not broken") << i;
  EXPECT_EQ(command_of(*loaded, 0).env,
            (std::map<std::string, std::string>{{"A", "entry"}, {"B", "two words"}}));
  EXPECT_EQ(command_of(*loaded, 0).cwd, folder.path() / "sub");
  EXPECT_EQ(servers[0].timeouts.call, 90s);
  EXPECT_EQ(std::get<Remote>(servers[1].kind).url, "https://h/mcp");
  EXPECT_EQ(std::get<Remote>(servers[1].kind).headers.at(0).second.reveal(), "y");
  EXPECT_EQ(std::get<Remote>(servers[2].kind).url, "https://i/mcp");
  EXPECT_EQ(std::get<Remote>(servers[3].kind).url, "https://j/mcp");
  EXPECT_EQ(told(loaded->warnings),
            "cline_mcp_settings.json:1:16: ignored keys of servers: alwaysAllow, autoApprove, "
            "trust\n"
            "cline_mcp_settings.json:7:5: the server 'off' is disabled in this file: skipped\n"
            "cline_mcp_settings.json:7:48: the server 'off2' is disabled in this file: skipped");
}

TEST(ConfigDialect, KeepsATimeoutWithinBounds) {
  struct Case {
    std::string timeout;
    Millis call;
    Millis call_max;
  };
  const std::vector<Case> cases = {{"45000", 45s, 30min},
                                   {"0", 100ms, 30min},
                                   {"7200000", 2h, 2h},
                                   {"99999999999999", 24h, 24h}};
  for (const auto& each : cases) {
    const TestFolder folder;
    folder.write("f.json",
                 R"({"mcpServers": {"a": {"command": "x", "timeout": )" + each.timeout + "}}}");
    const auto loaded = folder.load("f.json");
    ASSERT_TRUE(loaded) << told(loaded.error());
    EXPECT_EQ(broken(*loaded, 0), "not broken");
    EXPECT_EQ(loaded->config.servers.at(0).timeouts.call, each.call);
    EXPECT_EQ(loaded->config.servers.at(0).timeouts.call_max, each.call_max);
  }
}

TEST(ConfigDialect, GivesServersAllowedNames) {
  const TestFolder folder;
  folder.write("f.json", R"({"mcpServers": {
    "My Files": {"command": "x"}, "a__b": {"command": "x"}, "My-Files": {"command": "x"},
    "My.Files": {"command": "x"}, "": {"command": "x"}, "é": {"command": "x"}}})");
  const auto loaded = folder.load("f.json");
  ASSERT_TRUE(loaded) << told(loaded.error());
  std::vector<std::string> names;
  for (const auto& server : loaded->config.servers) names.push_back(server.name);
  EXPECT_EQ(names, (std::vector<std::string>{"My-Files-2", "a_b", "My-Files", "My-Files-3",
                                             "server", "-"}));
  EXPECT_EQ(loaded->warnings.size(), 5U);
  EXPECT_EQ(loaded->warnings.at(0).message, "the server 'My Files' is called 'My-Files-2' here");
}

TEST(ConfigDialect, GantrysOwnFormatInJsonIsStrict) {
  struct Case {
    std::string file;
    std::string text;
    std::string told;  ///< empty: loads
  };
  const std::string unknown = ": unknown key 'type' (did you mean 'transport'?)";
  const std::vector<Case> cases = {
      {"a.json", R"({"gateway": {}, "mcpServers": {"a": {"command": "x", "type": "stdio"}}})",
       "a.json:1:54" + unknown},
      {"a.json", R"({"servers": {"a": {"command": "x", "type": "stdio"}}})",
       "a.json:1:36" + unknown},
      {"a.yaml", R"({"mcpServers": {"a": {"command": "x", "type": "stdio"}}})",
       "a.yaml:1:39" + unknown},
      {"mcp.json", R"({"servers": {"a": {"command": "x", "type": "stdio"}}})", ""},
      {"a.json", R"({"servers": {"a": {"command": "x", "type": "stdio"}}, "inputs": []})", ""},
      {"a.json", R"({"servers": {"a": {"command": "x"}}, "gateway": {"loops": 2}})", ""},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    folder.write(each.file, each.text);
    const auto loaded = folder.load(each.file);
    EXPECT_EQ(loaded ? "" : told(loaded.error()), each.told) << each.text;
  }
}

TEST(ConfigDialect, AFileThatCannotBeReadFailsAll) {
  const TestFolder folder;
  folder.write("f.json", R"({"mcpServers": {"a": {"command": "x"})");
  EXPECT_EQ(told(folder.load("f.json").error()), "f.json:1:38: the file ends before '}'");
  folder.write("f.json", R"({"mcpServers": []})");
  EXPECT_EQ(told(folder.load("f.json").error()),
            "f.json:1:16: mcpServers: expected a mapping, found a list");
}

}  // namespace
}  // namespace gantry::config
