#include "cli/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "base/strings.h"

namespace gantry::cli {
namespace {

std::expected<Request, Stop> parse_line(const std::string& line) {
  std::vector<std::string> words;
  for (const auto word : base::split(line, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  return parse(words);
}

template <typename Options>
Options expect(const std::string& line) {
  auto request = parse_line(line);
  EXPECT_TRUE(request) << line << ": " << (request ? "" : request.error().text);
  if (!request || !std::holds_alternative<Options>(*request)) {
    ADD_FAILURE() << line << " is another command";
    return {};
  }
  return std::get<Options>(*request);
}

TEST(Parser, Up) {
  const auto up = expect<UpOptions>(
      "up -f a.json -d -q --listen [::1]:0 --loops 2 --listen unix:/run/g --log-level warn "
      "--idle-exit 30s");
  EXPECT_EQ(up.file, "a.json");
  EXPECT_EQ(up.run, Run::kDetached);
  EXPECT_TRUE(up.quiet);
  EXPECT_EQ(up.idle_exit, std::chrono::seconds(30));
  const std::vector<std::pair<std::string, std::string>> flags = {
      {"gateway.listen", "[::1]:0,unix:/run/g"},
      {"gateway.log.level", "warn"},
      {"gateway.loops", "2"}};
  auto sorted = up.flags;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, flags);
  EXPECT_EQ(expect<UpOptions>("up").run, Run::kForeground);
}

TEST(Parser, EachCommandGivesItsRequest) {
  EXPECT_TRUE(expect<DownOptions>("down --json").json);
  EXPECT_TRUE(expect<StatusOptions>("status --json").json);
  EXPECT_TRUE(expect<ServerListOptions>("server ls --names").names);
  EXPECT_EQ(expect<ServerShowOptions>("server show files").name, "files");
  EXPECT_EQ(expect<ServerRestartOptions>("server restart files").name, "files");
  const auto logs = expect<ServerLogsOptions>("server logs files -f -n 5");
  EXPECT_TRUE(logs.follow);
  EXPECT_EQ(logs.lines, 5U);
  EXPECT_EQ(expect<ToolListOptions>("tool ls -s files").server, "files");
  EXPECT_EQ(expect<ToolShowOptions>("tool show a__b").name, "a__b");
  const auto call =
      expect<ToolCallOptions>("tool call --arg a=1 sum --arg b=-2 --arg l=[1,2] --timeout 5s");
  EXPECT_EQ(call.name, "sum");
  EXPECT_EQ(call.arguments, (std::vector<std::string>{"a=1", "b=-2", "l=[1,2]"}));
  EXPECT_EQ(call.patience, std::chrono::seconds(5));
  EXPECT_EQ(expect<ToolCallOptions>("tool call t --json-args [1]").json_arguments, "[1]");
  EXPECT_EQ(expect<ConfigValidateOptions>("config validate -f x").file, "x");
  EXPECT_EQ(expect<ConfigShowOptions>("config show -f x").file, "x");
  EXPECT_EQ(expect<DoctorOptions>("doctor -f x").file, "x");
  EXPECT_EQ(expect<HealthOptions>("health --liveness").probe, Probe::kLiveness);
  EXPECT_EQ(expect<HealthOptions>("health").probe, Probe::kReadiness);
  EXPECT_TRUE(expect<VersionOptions>("version --json").json);
  EXPECT_FALSE(expect<VersionOptions>("--version").json);
  EXPECT_EQ(expect<CompletionOptions>("completion fish").shell, "fish");
}

TEST(Parser, AServerMayBeNamedLikeACommand) {
  EXPECT_EQ(expect<ServerShowOptions>("server show up").name, "up");
  EXPECT_EQ(expect<ServerLogsOptions>("server logs show").name, "show");
}

TEST(Parser, ConnectReadsTheHubsUrl) {
  ::setenv("MCP_HUB_URL", "https://hub.example/mcp", 1);
  EXPECT_EQ(expect<ConnectOptions>("connect --server files").url, "https://hub.example/mcp");
  EXPECT_EQ(expect<ConnectOptions>("connect --url http://other").url, "http://other");
  ::unsetenv("MCP_HUB_URL");
  EXPECT_EQ(expect<ConnectOptions>("connect -p dev").url, "");
}

struct Wrong {
  const char* line;
  const char* text;
  const char* hint;
};

class ParserRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ParserRefuses, WithWhatAndHint) {
  const auto request = parse_line(GetParam().line);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().exit_status, 2);
  EXPECT_EQ(request.error().text, GetParam().text);
  EXPECT_EQ(request.error().hint, GetParam().hint);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParserRefuses,
    testing::Values(Wrong{"stauts", "gantry: unknown command 'stauts'",
                          "did you mean 'status'? see: gantry --help"},
                    Wrong{"server restrat files", "gantry server: unknown command 'restrat'",
                          "did you mean 'restart'? see: gantry server --help"},
                    Wrong{"status --jsno", "gantry status: unknown option '--jsno'",
                          "did you mean '--json'? see: gantry status --help"},
                    Wrong{"server logs --folow", "gantry server logs: unknown option '--folow'",
                          "did you mean '--follow'? see: gantry server logs --help"},
                    Wrong{"up --lisen=x", "gantry up: unknown option '--lisen'",
                          "did you mean '--listen'? see: gantry up --help"},
                    Wrong{"status up", "gantry status: unknown argument 'up'",
                          "see: gantry status --help"},
                    Wrong{"server show", "gantry server show: SERVER is missing",
                          "see: gantry server show --help"},
                    Wrong{"", "gantry: a command is missing", "see: gantry --help"},
                    Wrong{"tool", "gantry tool: a command is missing", "see: gantry tool --help"},
                    Wrong{"completion tcsh",
                          "gantry completion: bash|zsh|fish: 'tcsh' is none of bash, zsh, fish",
                          "see: gantry completion --help"},
                    Wrong{"up --log-level loud",
                          "gantry up: --log-level: 'loud' is none of debug, info, warn, error",
                          "see: gantry up --help"},
                    Wrong{"connect -p a -s b", "gantry connect: --profile excludes --server",
                          "see: gantry connect --help"},
                    Wrong{"tool call t --timeout soon",
                          "gantry tool call: --timeout: 'soon' is not a duration: write 250ms, "
                          "30s, 10m, 2h or 1h30m",
                          "see: gantry tool call --help"}));

void each_command(const CommandInfo& command,
                  const std::function<void(const CommandInfo&)>& visit) {
  visit(command);
  for (const auto& each : command.commands) each_command(each, visit);
}

TEST(Help, EachCommandHasExamplesFirst) {
  int leaves = 0;
  each_command(command_tree(), [&](const CommandInfo& command) {
    const auto words = command.path.substr(std::string("gantry").size());
    const auto stop = parse_line(words + " --help");
    ASSERT_FALSE(stop) << words;
    EXPECT_EQ(stop.error().exit_status, 0);
    const auto& text = stop.error().text;
    EXPECT_TRUE(text.starts_with(command.path + ": ")) << text;
    const auto examples = text.find("\nEXAMPLES\n  ");
    EXPECT_LT(examples, text.find("\nUSAGE\n")) << text;
    if (!command.commands.empty()) return;
    ++leaves;
    EXPECT_NE(text.find("--json"), std::string::npos) << text;
  });
  EXPECT_EQ(leaves, 17);
}

TEST(Help, HidesWhatIsInternal) {
  const auto stop = parse_line("help up");
  ASSERT_FALSE(stop);
  EXPECT_EQ(stop.error().text.find("idle-exit"), std::string::npos);
  EXPECT_NE(stop.error().text.find("-f, --file FILE"), std::string::npos) << stop.error().text;
  EXPECT_NE(stop.error().text.find("--listen HOST:PORT"), std::string::npos);
  EXPECT_NE(stop.error().text.find("(may be repeated)"), std::string::npos);
}

TEST(Completion, NamesEachCommandAndOption) {
  const auto tree = command_tree();
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(tree, shell);
    each_command(tree, [&](const CommandInfo& command) {
      if (command.path == "gantry") return;
      EXPECT_NE(script.find("'" + command.path.substr(7) + "'"), std::string::npos)
          << shell << ": " << command.path;
      for (const auto& option : command.options) {
        const auto long_name = option.names.back();
        const auto wanted = std::string(shell) == "fish" ? " -l " + long_name.substr(2) : long_name;
        EXPECT_NE(script.find(wanted), std::string::npos) << shell << ": " << long_name;
      }
    });
    EXPECT_NE(script.find("gantry server ls --names"), std::string::npos) << shell;
  }
}

}  // namespace
}  // namespace gantry::cli
