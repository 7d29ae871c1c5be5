// What a client sees at one endpoint: which servers, and their lists merged under one set of names.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/model.h"
#include "fabric/fleet.h"

namespace gantry::gateway {

/// An endpoint: /mcp, /profiles/NAME/mcp (merged) or /servers/NAME/mcp (one server, nothing
/// renamed).
struct Endpoint {
  std::string path;
  bool merged = true;
  std::vector<std::size_t> servers;
};
[[nodiscard]] std::vector<Endpoint> endpoints(const config::Config& config);

struct Route {
  std::size_t server = 0;
  std::string name;  ///< the server's own name or URI, as a raw JSON string
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using Routes = std::unordered_map<std::string, Route, TextHash, std::equal_to<>>;

struct Missing {
  std::string server;
  std::string cause;
  bool starting = false;  ///< it may be there in a moment
};

/// The merged view for clients of one set of capabilities. Immutable.
struct Snapshot {
  std::array<std::string, fabric::kListKinds>
      lists;  ///< raw arrays, in the order of fabric::list_kind
  Routes tools;
  Routes prompts;
  Routes resources;  ///< by the URI that clients see
  std::map<std::pair<std::size_t, std::string>, std::string>
      seen_uris;                 ///< (server, its URI) → what clients see, where it differs
  std::vector<Route> templates;  ///< name: the raw template
  std::array<std::uint64_t, 3> announced{};  ///< changes that servers told of, summed, by kind
  std::string capabilities;                  ///< raw JSON
  std::string instructions;                  ///< text
  std::vector<Missing> missing;              ///< servers without lists, and why
  std::vector<std::size_t> unknown;          ///< not yet asked in the name of such clients
  bool waiting = false;                      ///< one of them may still come
  std::vector<Missing> conflicts;  ///< names or URIs that two servers offer: (server, what)
};
using SnapshotRef = std::shared_ptr<const Snapshot>;

/// `capabilities`: of the client, raw JSON.
[[nodiscard]] SnapshotRef build(const Endpoint& endpoint, const fabric::Fleet& fleet,
                                const std::string& capabilities, std::size_t names_max);

/// SERVER__name; where it is longer than `most` or has characters that models do not take, made fit
/// with a stable hash at its end.
[[nodiscard]] std::string merged_name(std::string_view server, std::string_view name,
                                      std::size_t most);
/// Whether a tool may be seen and called by the server's rules.
[[nodiscard]] bool allowed(const config::ToolRules& rules, std::string_view tool);
/// Whether `uri` can come of an RFC 6570 template (levels 1 to 3, as servers use them).
[[nodiscard]] bool matches_template(std::string_view uri, std::string_view pattern);

}  // namespace gantry::gateway
