#include "mcp/revision.h"

#include <algorithm>
#include <array>

namespace gantry::mcp {
namespace {

/// By the number of the revision.
constexpr std::array<std::string_view, 4> kNames = {"2024-11-05", "2025-03-26", "2025-06-18",
                                                    "2025-11-25"};
static_assert(kNames.size() == static_cast<std::size_t>(kNewestLegacy) + 1);

}  // namespace

std::string_view name(Revision revision) { return kNames.at(static_cast<std::size_t>(revision)); }

std::optional<Revision> revision_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Revision>(found - kNames.begin());
}

Revision negotiate(std::string_view requested) {
  return revision_of(requested).value_or(kNewestLegacy);
}

}  // namespace gantry::mcp
