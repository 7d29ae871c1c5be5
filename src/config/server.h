// Reads one entry of `servers:`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/rows.h"
#include "config/scope.h"

namespace gantry::config {

/// A server while it is read.
struct Draft {
  std::string path;  ///< "servers.files"
  Server server;
  Command command;
  Remote remote;
  std::string transport;
  std::map<std::string, document::Mark, std::less<>>
      given;                   ///< keys of the entry, and their values' places
  std::vector<Setting> shown;  ///< what the rows do not know: key below the server, text, origin

  [[nodiscard]] bool has(std::string_view key) const { return given.contains(key); }
};

/// The settings that every kind of server has. Keys are below the server.
[[nodiscard]] std::span<const Row<Server>> server_rows();

struct Entry {
  std::string_view name;
  const document::Node& node;
  document::Mark mark;  ///< of the name
  /// For a command's environment, where the entry does not name it itself: a client's envFile.
  std::map<std::string, std::string> more = {};
};
/// Fate::kUnresolved or kServer. The server, usable or with `broken`; its settings are added to
/// `settings`.
[[nodiscard]] Server read_server(const Entry& entry, Fate fate, const Interpolator& variables,
                                 Report& report, std::vector<Setting>& settings);

}  // namespace gantry::config
