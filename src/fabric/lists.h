// What a server said of itself: capabilities, instructions, and its lists, each item as it came.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "mcp/items.h"

namespace gantry::fabric {

/// Immutable once published.
struct Lists {
  std::string initialize;  ///< the raw result of initialize
  std::vector<mcp::ListItem> tools;
  std::vector<mcp::ListItem> prompts;
  std::vector<mcp::ListItem> resources;      ///< key: uri
  std::vector<mcp::ListItem> templates;      ///< key: uriTemplate
  std::array<std::uint64_t, 3> announced{};  ///< how often it said that a list changed, by kind
  std::string
      failure;  ///< a list that the server offers and could not give: why; the others are here
  bool stored = false;  ///< read from the state folder, the server was not asked in this run
};
using ListsRef = std::shared_ptr<const Lists>;

/// A kind of list: how it is asked for and where its items stand.
struct ListKind {
  std::string_view method;      ///< "tools/list"
  std::string_view capability;  ///< "tools"
  std::string_view member;      ///< "tools"
  std::string_view key;         ///< "name"
  std::string_view changed;     ///< "notifications/tools/list_changed"
  std::vector<mcp::ListItem> Lists::* items;
};
constexpr std::size_t kListKinds = 4;
[[nodiscard]] const ListKind& list_kind(std::size_t index);

/// Lists kept over runs: one file a server, valid only for the same configuration of it
/// (`fingerprint`).
[[nodiscard]] base::Result<> store(const std::filesystem::path& folder, const std::string& server,
                                   const std::string& fingerprint, const Lists& lists);
/// Nothing where none are stored, or for another configuration.
[[nodiscard]] ListsRef load(const std::filesystem::path& folder, const std::string& server,
                            const std::string& fingerprint);

}  // namespace gantry::fabric
