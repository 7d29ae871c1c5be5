// The revisions of the protocol that Gantry speaks, and what differs between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gantry::mcp {

/// In order of time, so that < and >= say older and newer. These are the legacy ones: initialize,
/// then a session.
enum class Revision : std::uint8_t { k2024_11_05, k2025_03_26, k2025_06_18, k2025_11_25 };

inline constexpr Revision kNewestLegacy = Revision::k2025_11_25;
/// What a request over HTTP speaks that says no `MCP-Protocol-Version` and stands in no session.
inline constexpr Revision kUnsaid = Revision::k2025_03_26;

/// "2025-06-18"
[[nodiscard]] std::string_view name(Revision revision);
/// The revision of that name, if it is one of ours.
[[nodiscard]] std::optional<Revision> revision_of(std::string_view name);
/// What `initialize` is answered with: the revision asked for where it is known, else the newest
/// legacy one.
[[nodiscard]] Revision negotiate(std::string_view requested);

/// Whether a JSON array of messages is accepted: only 2025-03-26 has batches.
[[nodiscard]] constexpr bool accepts_batches(Revision revision) {
  return revision == Revision::k2025_03_26;
}
/// Whether a stream over HTTP begins with a priming event (an id, no data) and may tell `retry`.
[[nodiscard]] constexpr bool has_priming_events(Revision revision) {
  return revision >= Revision::k2025_11_25;
}
/// Whether a client says `MCP-Protocol-Version` with each request after `initialize`.
[[nodiscard]] constexpr bool has_version_header(Revision revision) {
  return revision >= Revision::k2025_06_18;
}

}  // namespace gantry::mcp
