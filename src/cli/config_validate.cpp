#include <fmt/format.h>

#include "base/strings.h"
#include "cli/commands.h"
#include "cli/problems.h"

namespace gantry::cli {
namespace {

std::string as_json(const config::Problem& problem) {
  return fmt::format(R"({{"where":{},"message":{},"hint":{}}})", base::json_quote(problem.where),
                     base::json_quote(problem.message), base::json_quote(problem.hint));
}

std::string as_json(const config::Problems& problems) {
  std::string out;
  for (const auto& problem : problems) out += (out.empty() ? "" : ",") + as_json(problem);
  return '[' + out + ']';
}

}  // namespace

int config_validate(const ConfigValidateOptions& options, Console& console) {
  const auto loaded = load_configuration(options.file);
  const auto problems = loaded ? config::Problems() : loaded.error();
  const auto warnings = loaded ? loaded->warnings : config::Problems();
  if (options.json) {
    console.out() << fmt::format(R"({{"valid":{},"problems":{},"warnings":{}}})",
                                 loaded.has_value(), as_json(problems), as_json(warnings))
                  << '\n';
    return loaded ? 0 : kInvalidConfiguration;
  }
  tell(problems, "error", console);
  tell(warnings, "warning", console);
  if (!loaded) return kInvalidConfiguration;
  for (const auto& server : loaded->config.servers) {
    if (!server.broken) continue;
    console.note(fmt::format("{}: warning: server '{}' cannot start: {}", server.where, server.name,
                             server.broken->text()));
  }
  console.out() << fmt::format("{}: ok, {} servers, {} profiles\n", loaded->file.string(),
                               loaded->config.servers.size(), loaded->config.profiles.size());
  return 0;
}

}  // namespace gantry::cli
