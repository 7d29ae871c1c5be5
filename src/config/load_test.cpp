#include "config/load.h"

#include <gtest/gtest.h>

#include "config/test_load.h"

namespace gantry::config {
namespace {

TEST(ConfigLoad, RefusesWrongFiles) {
  struct Case {
    std::string yaml;
    std::string told;
  };
  const std::vector<Case> cases = {
      {"[1]", "1:1: the file: expected a mapping, found a list (write KEY: VALUE lines below it)"},
      {"a: [", "2:1: did not find expected node content, while parsing a flow node"},
      {"server: {}", "1:1: unknown key 'server' (did you mean 'servers'?)"},
      {"servers: [a]",
       "1:10: servers: expected a mapping, found a list (write KEY: VALUE lines below it)"},
      {"servers: {}\nmcpServers: {}",
       "2:13: both 'servers' and 'mcpServers' are given (mcpServers is another word for servers: "
       "keep one)"},
      {"servers: {a b: {command: x}}",
       "1:11: servers: 'a b' cannot be a name (letters, digits, '-' and '_' (never two '_' in a "
       "row), at most 64)"},
      {"servers: {a__b: {command: x}}",
       "1:11: servers: 'a__b' cannot be a name (letters, digits, '-' and '_' (never two '_' in a "
       "row), at most 64)"},
      {"servers:\n  a: {command: x}\n  a: {command: y}",
       "3:3: duplicate key 'a', first at 2:3 (keep one of them)"},
      {"servers: {files: {command: x}}\nprofiles: {dev: [fils]}",
       "2:18: profiles.dev: there is no server 'fils' (did you mean 'files'?)"},
      {"servers: {files: {command: x}}\nprofiles: {dev: {servers: [files, files]}}",
       "2:35: profiles.dev.servers: 'files' is there twice (keep one of them)"},
      {"profiles: {dev: files}", "1:17: profiles.dev: expected a list, found text (write [a, b])"},
      {"profiles: {a.b: []}",
       "1:12: profiles: 'a.b' cannot be a name (letters, digits, '-' and '_' (never two '_' in a "
       "row), at most 64)"},
      {"profiles: {dev: {servers: [], environment: production}}",
       "1:31: profiles.dev.environment: not available yet (leave it out for now)"},
      {"profiles: {dev: {server: []}}", "1:18: unknown key 'server' (did you mean 'servers'?)"},
      {"servers:\n  a: {command: x, tools: {rename: {t: same}}}\n  b: {command: x, tools: {rename: "
       "{u: same}}}",
       "3:3: servers.b.tools.rename: 'same' is taken by servers.a (give one of them another name)"},
  };
  for (const auto& each : cases) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml(each.yaml);
    ASSERT_FALSE(loaded) << each.yaml;
    EXPECT_EQ(told(loaded.error()), "gantry.yaml:" + each.told) << each.yaml;
  }
}

TEST(ConfigLoad, RefusesByNameWhatComesLater) {
  for (const std::string key :
       {"routes", "policy", "observe", "catalog", "agents", "secrets", "discovery"}) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml(key + ": {}");
    ASSERT_FALSE(loaded) << key;
    EXPECT_EQ(loaded.error().at(0).message, key + ": not available yet");
  }
}

TEST(ConfigLoad, TellsAllProblemsInTheOrderOfTheFile) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml(
      "profiles: {dev: [none]}\nservers:\n  a: {command: x, share: y}\n  b: {}\ngateway: {loops: "
      "x}\nroutes: []\n",
      {{"GANTRY_NAMES_MAX", "1"}});
  ASSERT_FALSE(loaded);
  std::vector<std::string> places;
  for (const auto& each : loaded.error()) places.push_back(each.where);
  EXPECT_EQ(places,
            (std::vector<std::string>{"gantry.yaml:1:18", "gantry.yaml:3:26", "gantry.yaml:4:3",
                                      "gantry.yaml:5:18", "gantry.yaml:6:1", "GANTRY_NAMES_MAX"}));
}

TEST(ConfigLoad, ReadsTheWhole) {
  const TestFolder folder;
  const auto loaded = folder.load_yaml(
      "profiles:\n  dev: [two, one]\n  production: {servers: [one]}\n  none: []\n"
      "servers:\n  two: {command: x}\n  one: {url: 'https://h/mcp'}\n");
  ASSERT_TRUE(loaded) << told(loaded.error());
  ASSERT_EQ(loaded->config.servers.size(), 2U);
  EXPECT_EQ(loaded->config.servers[0].name, "two");
  ASSERT_EQ(loaded->config.profiles.size(), 3U);
  EXPECT_EQ(loaded->config.profiles[0].servers, (std::vector<std::string>{"two", "one"}));
  EXPECT_EQ(loaded->config.profiles[1].servers, std::vector<std::string>{"one"});
  EXPECT_EQ(loaded->file, folder.path() / "gantry.yaml");
  EXPECT_EQ(loaded->settings.front().key, "gateway.listen");
  EXPECT_EQ(setting(*loaded, "gateway.listen"), "127.0.0.1:3010 from default");
}

TEST(ConfigLoad, AnEmptyFileIsTheDefaults) {
  for (const std::string text : {"", "# nothing\n", "servers:\ngateway:\nprofiles:\n", "{}"}) {
    const TestFolder folder;
    const auto loaded = folder.load_yaml(text);
    ASSERT_TRUE(loaded) << text << told(loaded.error());
    EXPECT_TRUE(loaded->config.servers.empty());
  }
}

TEST(ConfigLoad, AMissingFileIsSaid) {
  const TestFolder folder;
  EXPECT_EQ(told(folder.load("none.yaml").error()),
            "none.yaml: cannot be read: No such file or directory (pass the configuration's file "
            "with -f FILE)");
  const auto loaded =
      load({.file = {}, .environment = {{"GANTRY_CONFIG", folder.path() / "x.yaml"}}, .flags = {}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().at(0).where, (folder.path() / "x.yaml").string());
}

TEST(ConfigLoad, KnowsTheEnvironmentOfThisProcess) {
  ASSERT_EQ(setenv("GANTRY_TEST_LOAD", "a=b", 1), 0);
  EXPECT_EQ(process_environment().at("GANTRY_TEST_LOAD"), "a=b");
  ASSERT_EQ(unsetenv("GANTRY_TEST_LOAD"), 0);
}

}  // namespace
}  // namespace gantry::config
