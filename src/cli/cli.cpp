#include "cli/cli.h"

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/parser.h"

namespace gantry::cli {
namespace {

/// One overload a request; the two that run the gateway go to the hooks.
struct Runner {
  const Hooks& hooks;
  Console& console;

  int operator()(const UpOptions& options) const { return hooks.up(options); }
  int operator()(const ConnectOptions& options) const { return hooks.connect(options); }
  int operator()(const DownOptions& options) const { return down(options, console); }
  int operator()(const StatusOptions& options) const { return status(options, console); }
  int operator()(const ServerListOptions& options) const { return server_ls(options, console); }
  int operator()(const ServerShowOptions& options) const { return server_show(options, console); }
  int operator()(const ServerRestartOptions& options) const {
    return server_restart(options, console);
  }
  int operator()(const ServerLogsOptions& options) const { return server_logs(options, console); }
  int operator()(const ToolListOptions& options) const { return tool_ls(options, console); }
  int operator()(const ToolShowOptions& options) const { return tool_show(options, console); }
  int operator()(const ToolCallOptions& options) const { return tool_call(options, console); }
  int operator()(const ConfigValidateOptions& options) const {
    return config_validate(options, console);
  }
  int operator()(const ConfigShowOptions& options) const { return config_show(options, console); }
  int operator()(const DoctorOptions& options) const { return doctor(options, console); }
  int operator()(const HealthOptions& options) const { return health(options, console); }
  int operator()(const VersionOptions& options) const { return version(options, console); }
  int operator()(const CompletionOptions& options) const { return completion(options, console); }
};

int stop(const Stop& stop, Console& console) {
  if (stop.exit_status == 0) {
    console.out() << stop.text;
    console.out().flush();
    return 0;
  }
  return console.fail(
      {.code = base::Code::kInvalid, .message = stop.text, .hint = stop.hint, .context = {}});
}

}  // namespace

int run(std::span<char* const> arguments, const Hooks& hooks) {
  const auto given = arguments.empty() ? arguments : arguments.subspan(1);
  const std::vector<std::string> words(given.begin(), given.end());
  auto console = Console::of_process();
  const auto request = parse(words);
  if (!request) return stop(request.error(), console);
  const int exit_status = std::visit(Runner{hooks, console}, *request);
  console.out().flush();
  return exit_status;
}

}  // namespace gantry::cli
