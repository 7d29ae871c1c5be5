// Loading the configuration for the commands that look at it, and telling what is wrong with it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "config/load.h"

namespace gantry::cli {

inline constexpr int kInvalidConfiguration = 2;

/// As `up -f FILE` would read it here: the file, and the environment over it.
[[nodiscard]] std::expected<config::Loaded, config::Problems> load_configuration(
    const std::string& file);
/// "gantry.yaml:3:5: error: unknown key 'comand'" and its hint, a problem each, on stderr.
void tell(const config::Problems& problems, std::string_view kind, Console& console);

}  // namespace gantry::cli
