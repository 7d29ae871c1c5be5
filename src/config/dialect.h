// A client's own JSON (`mcpServers`, or VS Code's `servers`): whose it is, and its servers as ours.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/interpolate.h"
#include "config/load.h"
#include "config/report.h"
#include "document/read.h"

namespace gantry::config {

struct Dialect {
  std::string_view servers_key;  ///< "mcpServers" or "servers"
  Variables variables = Variables::kNone;
  bool timeout_in_seconds = false;  ///< else milliseconds
  std::filesystem::path folder;     ///< what relative paths and ${workspaceFolder} start from
};

/// Nothing where the document is Gantry's own: YAML, or JSON with a key of ours. `file`: absolute.
[[nodiscard]] std::optional<Dialect> dialect_of(const document::Document& document,
                                                const std::filesystem::path& file);

/// A wrong entry breaks its server alone. What is ignored is warned of, once each kind.
[[nodiscard]] std::vector<Server> read_dialect(
    const Dialect& dialect, const document::Node& root,
    const std::map<std::string, std::string>& environment, Report& report,
    std::vector<Setting>& settings);

}  // namespace gantry::config
