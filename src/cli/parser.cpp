#include "cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "base/strings.h"

namespace gantry::cli {
namespace {

constexpr const char* kFile = "read this configuration, not ./gantry.yaml";

/// The CLI11 tree, and for each command that runs: how its request is made.
class Tree {
 public:
  Tree();
  [[nodiscard]] std::expected<Request, Stop> parse(std::vector<std::string> arguments);
  [[nodiscard]] CommandInfo info() const { return describe(root_); }

 private:
  struct Leaf {
    std::function<Request()> request;
    std::vector<CLI::Option*> required;
  };

  CLI::App* group(CLI::App& parent, const char* name, const char* summary, const char* examples);
  /// A command that runs. Its options are written into the result, which lives as long as the tree.
  template <typename Options>
  std::pair<CLI::App*, Options*> leaf(CLI::App& parent, const char* name, const char* summary,
                                      const char* examples);
  void required(CLI::App* app, const char* name, std::string& to, const char* summary);

  void add_gateway();
  void add_connect();
  void add_server();
  void add_server_logs(CLI::App& server);
  void add_tool();
  void add_tool_call(CLI::App& tool);
  void add_config();
  void add_checks();

  [[nodiscard]] static CommandInfo describe(const CLI::App& app);
  [[nodiscard]] const CLI::App* chosen() const;
  [[nodiscard]] static Stop unknown(const CLI::App& at, const std::string& word);
  [[nodiscard]] std::expected<Request, Stop> finish() const;

  CLI::App root_{"runs, connects, guards and shows MCP servers", "gantry"};
  std::map<const CLI::App*, Leaf> leaves_;
  bool version_ = false;
};

/// "gantry server logs".
std::string path_of(const CLI::App& app) {
  auto path = app.get_name();
  for (const auto* up = app.get_parent(); up != nullptr; up = up->get_parent()) {
    path.insert(0, up->get_name() + ' ');
  }
  return path;
}

Stop usage_error(const CLI::App& at, const std::string& what) {
  const auto path = path_of(at);
  return {.exit_status = 2, .text = path + ": " + what, .hint = "see: " + path + " --help"};
}

CLI::Option* value(CLI::Option* option, const char* name) {
  option->type_name(name);
  if (choices(name).empty()) return option;
  return option->check(CLI::Validator(
      [words = std::string(name)](const std::string& given) {
        const auto allowed = choices(words);
        if (std::ranges::find(allowed, given) != allowed.end()) return std::string();
        return fmt::format("'{}' is none of {}", given, base::join(allowed, ", "));
      },
      ""));
}

/// An option that forwards its text as a configuration flag; config says what is wrong with it.
void forward(CLI::App* app, UpOptions* up, const char* name, const char* key, const char* shown,
             const char* summary) {
  const auto write = [up, key](const std::string& text) { up->flags.emplace_back(key, text); };
  value(app->add_option_function<std::string>(name, write, summary), shown);
}

CLI::Option* duration(CLI::App* app, const char* name, base::Millis& to, const char* summary) {
  const auto read = [name, &to](const std::string& text) {
    const auto span = base::parse_duration(text);
    if (!span) throw CLI::ValidationError(name, span.error().message + ": " + span.error().hint);
    to = *span;
  };
  return value(app->add_option_function<std::string>(name, read, summary), "DURATION");
}

template <typename Options>
std::pair<CLI::App*, Options*> Tree::leaf(CLI::App& parent, const char* name, const char* summary,
                                          const char* examples) {
  auto* app = group(parent, name, summary, examples);
  const auto options = std::make_shared<Options>();
  app->add_flag("--json", options->json, "print JSON alone");
  leaves_[app].request = [options] { return Request(*options); };
  return {app, options.get()};
}

CLI::App* Tree::group(CLI::App& parent, const char* name, const char* summary,
                      const char* examples) {
  auto* app = parent.add_subcommand(name, summary);
  app->footer(examples);
  app->allow_extras();
  app->require_subcommand(0, 1);
  return app;
}

void Tree::required(CLI::App* app, const char* name, std::string& to, const char* summary) {
  leaves_[app].required.push_back(value(app->add_option(name, to, summary), name));
}

Tree::Tree() {
  root_.allow_extras();
  root_.require_subcommand(0, 1);
  root_.set_help_flag("-h,--help", "show this help");
  root_.add_flag("--version", version_, "print the version");
  root_.footer(
      "gantry up -f gantry.yaml                    # run the servers behind one endpoint\n"
      "gantry up -f claude_desktop_config.json     # the same, from a client's own file\n"
      "gantry status                               # which servers are ready, which fail and why\n"
      "gantry tool call files__read_text_file --arg path=notes.txt\n");
  add_gateway();
  add_connect();
  add_server();
  add_tool();
  add_config();
  add_checks();
}

void Tree::add_gateway() {
  const auto [up, options] =
      leaf<UpOptions>(root_, "up", "run the gateway and its servers",
                      "gantry up                                # ./gantry.yaml, until Ctrl-C\n"
                      "gantry up -f claude_desktop_config.json  # a client's own file\n"
                      "gantry up -d                             # return once it is ready\n"
                      "gantry up --listen 127.0.0.1:0           # any free port\n");
  up->add_option("-f,--file", options->file, kFile)->type_name("FILE");
  const auto detach = [o = options](std::int64_t) { o->run = Run::kDetached; };
  up->add_flag_function("-d,--detach", detach, "run in the background; return once it is ready");
  const auto listen = [o = options](const std::vector<std::string>& all) {
    o->flags.emplace_back("gateway.listen", base::join(all, ","));
  };
  up->add_option_function<std::vector<std::string>>("--listen", listen, "listen here")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  forward(up, options, "--loops", "gateway.loops", "N", "event loops; 0: one a core");
  forward(up, options, "--log-level", "gateway.log.level", "debug|info|warn|error",
          "the least that is logged");
  forward(up, options, "--log-format", "gateway.log.format", "auto|text|json",
          "auto: text on a terminal");
  up->add_flag("-q,--quiet", options->quiet, "print errors alone");
  duration(up, "--idle-exit", options->idle_exit, "end after so long without a client")->group("");
  leaf<DownOptions>(root_, "down", "stop the running gateway and its servers", "gantry down\n");
  leaf<StatusOptions>(root_, "status",
                      "show the gateway and each server, failing ones with the cause",
                      "gantry status\n"
                      "gantry status --json  # for scripts\n");
}

void Tree::add_connect() {
  const auto [connect, options] = leaf<ConnectOptions>(
      root_, "connect", "speak MCP on stdin and stdout; a gateway is started when none runs",
      "gantry connect                    # every server\n"
      "gantry connect --profile dev      # the servers of a profile\n"
      "gantry connect --server files     # one server, nothing renamed\n"
      "gantry connect --url https://gateway.example/mcp --token-file token\n");
  auto* profile = connect->add_option("-p,--profile", options->profile, "the servers of a profile");
  profile->type_name("PROFILE");
  connect->add_option("-s,--server", options->server, "one server, nothing renamed")
      ->type_name("SERVER")
      ->excludes(profile);
  connect->add_option("--url", options->url, "a gateway elsewhere; default: $MCP_HUB_URL")
      ->type_name("URL")
      ->envname("MCP_HUB_URL");
  connect->add_option("--token-file", options->token_file, "the bearer token for --url")
      ->type_name("FILE");
  connect->add_option("-f,--file", options->file, "the configuration of a gateway started here")
      ->type_name("FILE");
}

void Tree::add_server() {
  auto* server = group(root_, "server", "the servers of the running gateway",
                       "gantry server ls\n"
                       "gantry server logs files --follow\n");
  const auto [ls, list] = leaf<ServerListOptions>(*server, "ls", "list the servers",
                                                  "gantry server ls\n"
                                                  "gantry server ls --names  # one a line\n");
  ls->add_flag("--names", list->names, "names alone, one a line");
  const auto [show, shown] = leaf<ServerShowOptions>(
      *server, "show", "show everything about a server", "gantry server show files\n");
  required(show, "SERVER", shown->name, "the server's name");
  const auto [restart, restarted] = leaf<ServerRestartOptions>(
      *server, "restart", "end a server's instances; new ones start at once",
      "gantry server restart files\n");
  required(restart, "SERVER", restarted->name, "the server's name");
  add_server_logs(*server);
}

void Tree::add_server_logs(CLI::App& server) {
  const auto [logs, options] =
      leaf<ServerLogsOptions>(server, "logs", "show what a server wrote to its stderr",
                              "gantry server logs files             # the last lines\n"
                              "gantry server logs files --follow    # and each new one\n"
                              "gantry server logs files --lines 500\n");
  required(logs, "SERVER", options->name, "the server's name");
  logs->add_option("-n,--lines", options->lines, "the last N lines; 100 unless told")
      ->type_name("N");
  logs->add_flag("-f,--follow", options->follow, "go on with each new line");
}

void Tree::add_tool() {
  auto* tool = group(root_, "tool", "the tools that the running gateway offers",
                     "gantry tool ls\n"
                     "gantry tool call everything__echo --arg message=hello\n");
  const auto add_server_option = [](CLI::App* app, std::string& to) {
    app->add_option("-s,--server", to, "one server's tools, by their own names")
        ->type_name("SERVER");
  };
  const auto [ls, list] = leaf<ToolListOptions>(*tool, "ls", "list the tools",
                                                "gantry tool ls\n"
                                                "gantry tool ls --server files\n");
  add_server_option(ls, list->server);
  ls->add_flag("--names", list->names, "names alone, one a line");
  const auto [show, shown] = leaf<ToolShowOptions>(*tool, "show", "show a tool and its arguments",
                                                   "gantry tool show everything__echo\n");
  required(show, "TOOL", shown->name, "the tool's name");
  add_server_option(show, shown->server);
  add_tool_call(*tool);
}

void Tree::add_tool_call(CLI::App& tool) {
  const auto [call, options] = leaf<ToolCallOptions>(
      tool, "call", "call a tool and print what it answers",
      "gantry tool call everything__echo --arg message=hello\n"
      "gantry tool call get-sum --server everything --arg a=1 --arg b=2\n"
      "gantry tool call memory__create_entities --json-args @entities.json\n");
  required(call, "TOOL", options->name, "the tool's name");
  call->add_option("-s,--server", options->server, "a tool of this server, by its own name")
      ->type_name("SERVER");
  call->add_option("-a,--arg", options->arguments, "an argument, typed by the tool's schema")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  call->add_option("--json-args", options->json_arguments,
                   "all arguments as an object, @FILE, or - for stdin; --arg goes over it")
      ->type_name("JSON");
  duration(call, "--timeout", options->patience, "give up after so long without a sign of life");
}

void Tree::add_config() {
  auto* config = group(root_, "config", "the configuration, without a gateway",
                       "gantry config validate\n"
                       "gantry config show\n");
  const auto [validate, validated] = leaf<ConfigValidateOptions>(
      *config, "validate", "say everything that is wrong with the configuration",
      "gantry config validate\n"
      "gantry config validate -f claude_desktop_config.json\n");
  validate->add_option("-f,--file", validated->file, kFile)->type_name("FILE");
  const auto [show, shown] = leaf<ConfigShowOptions>(
      *config, "show", "show each effective value and where it comes from", "gantry config show\n");
  show->add_option("-f,--file", shown->file, kFile)->type_name("FILE");
}

void Tree::add_checks() {
  const auto [doctor, checked] = leaf<DoctorOptions>(
      root_, "doctor", "check what a gateway needs, with a hint for what is missing",
      "gantry doctor\n"
      "gantry doctor -f gantry.yaml\n");
  doctor->add_option("-f,--file", checked->file, kFile)->type_name("FILE");
  const auto [health, asked] = leaf<HealthOptions>(
      root_, "health", "ask a gateway whether it is ready (a container's health check)",
      "gantry health\n"
      "gantry health --liveness\n"
      "gantry health --url http://127.0.0.1:3010\n");
  health->add_option("--url", asked->url, "the gateway's address; default: this machine's gateway")
      ->type_name("URL");
  const auto probe = [o = asked](Probe which) {
    return [o, which](std::int64_t) { o->probe = which; };
  };
  auto* startup = health->add_flag_function("--startup", probe(Probe::kStartup), "has it started?");
  health->add_flag_function("--liveness", probe(Probe::kLiveness), "is it alive?")
      ->excludes(startup);
  leaf<VersionOptions>(root_, "version", "print the version and what it was built from",
                       "gantry version\n");
  const auto [completion, options] =
      leaf<CompletionOptions>(root_, "completion", "print a shell's completion script",
                              "source <(gantry completion bash)\n"
                              "gantry completion zsh > \"${fpath[1]}/_gantry\"\n"
                              "gantry completion fish | source\n");
  required(completion, "bash|zsh|fish", options->shell, "the shell");
}

CommandInfo Tree::describe(const CLI::App& app) {
  CommandInfo info{.path = path_of(app),
                   .name = app.get_name(),
                   .summary = app.get_description(),
                   .examples = app.get_footer(),
                   .options = {},
                   .arguments = {},
                   .commands = {}};
  std::vector<OptionInfo> last;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const bool flag = option->get_items_expected_max() == 0;
    if (option->get_positional()) {
      info.arguments.push_back({option->get_type_name(), option->get_description()});
      continue;
    }
    OptionInfo row{.names = {},
                   .value = flag ? "" : option->get_type_name(),
                   .summary = option->get_description(),
                   .repeats = option->get_items_expected_max() > 1};
    for (const auto& name : option->get_snames()) row.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) row.names.push_back("--" + name);
    const bool everywhere = row.names.back() == "--help" || row.names.back() == "--json";
    (everywhere ? last : info.options).push_back(std::move(row));
  }
  info.options.insert(info.options.end(), last.begin(), last.end());
  for (const auto* child : app.get_subcommands({})) {
    info.commands.push_back(describe(*child));
  }
  return info;
}

/// The deepest command that was named.
const CLI::App* Tree::chosen() const {
  const CLI::App* at = &root_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

Stop Tree::unknown(const CLI::App& at, const std::string& word) {
  const auto info = describe(at);
  const bool option = word.starts_with('-');
  std::vector<std::string_view> known;
  for (const auto& each : info.options)
    known.insert(known.end(), each.names.begin(), each.names.end());
  if (!option) known.clear();
  for (const auto& each : info.commands) {
    if (!option) known.push_back(each.name);
  }
  const auto given = word.substr(0, option ? word.find('=') : std::string::npos);
  const auto near = base::nearest(given, known);
  const auto* what = "command";
  if (option) what = "option";
  if (!option && info.commands.empty()) what = "argument";
  auto stop = usage_error(at, fmt::format("unknown {} '{}'", what, given));
  if (near) stop.hint = fmt::format("did you mean '{}'? {}", *near, stop.hint);
  return stop;
}

std::expected<Request, Stop> Tree::parse(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    root_.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Stop{0, help(describe(*chosen())), ""});
  } catch (const CLI::ParseError& error) {  // the seam: CLI11 throws, this program does not
    return std::unexpected(usage_error(*chosen(), error.what()));
  }
  return finish();
}

std::expected<Request, Stop> Tree::finish() const {
  const auto& at = *chosen();
  const auto extra = root_.remaining(true);
  if (!extra.empty()) return std::unexpected(unknown(at, extra.front()));
  if (version_) return VersionOptions{};
  const auto found = leaves_.find(&at);
  if (found == leaves_.end()) {
    return std::unexpected(usage_error(at, "a command is missing"));
  }
  for (const auto* option : found->second.required) {
    if (option->count() > 0) continue;
    return std::unexpected(usage_error(at, option->get_name() + " is missing"));
  }
  return found->second.request();
}

}  // namespace

std::expected<Request, Stop> parse(std::span<const std::string> arguments) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return Tree().parse(std::move(words));
}

CommandInfo command_tree() { return Tree().info(); }

}  // namespace gantry::cli
