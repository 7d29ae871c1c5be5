// Arguments to requests. The only part that sees CLI11.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "cli/command_info.h"
#include "cli/options.h"

namespace gantry::cli {

/// Nothing to run: help that was asked for (on stdout, status 0) or a usage error (on stderr,
/// status 2).
struct Stop {
  int exit_status = 0;
  std::string text;
  std::string hint;
};

/// `arguments` without the program's name. Reads MCP_HUB_URL as the default of `connect --url`.
[[nodiscard]] std::expected<Request, Stop> parse(std::span<const std::string> arguments);
/// The whole tree, hidden options left out.
[[nodiscard]] CommandInfo command_tree();

}  // namespace gantry::cli
