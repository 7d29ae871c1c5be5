#include "cli/problems.h"

#include <fmt/format.h>

namespace gantry::cli {

std::expected<config::Loaded, config::Problems> load_configuration(const std::string& file) {
  return config::load({.file = file, .environment = config::process_environment(), .flags = {}});
}

void tell(const config::Problems& problems, std::string_view kind, Console& console) {
  for (const auto& problem : problems) {
    const auto where = problem.where.empty() ? std::string() : problem.where + ": ";
    console.note(printable(fmt::format("{}{}: {}", where, kind, problem.message)));
    if (!problem.hint.empty()) console.note(printable("hint: " + problem.hint));
  }
}

}  // namespace gantry::cli
