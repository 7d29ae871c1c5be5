// What the scanner notes, as a table: for each object that it looks into, the members that matter,
// what they must be, and where they are noted. Everything else in a message is proved well-formed
// and passed over.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "mcp/envelope.h"
#include "mcp/json_cursor.h"

namespace gantry::mcp {

/// The objects that are looked into.
enum class Level : std::uint8_t {
  kNone,
  kEnvelope,
  kParams,
  kMeta,
  kRelatedTask,
  kRef,
  kResult,
  kTask,
  kError,
};

/// The envelope, and what is needed to judge it but not told.
struct Notes : Envelope {
  Span jsonrpc;
  Span error_code;
  Span error_message;
};

/// A set of JsonType.
using Types = std::uint8_t;
[[nodiscard]] constexpr Types only(JsonType type) {
  return static_cast<Types>(1U << static_cast<unsigned>(type));
}

struct Rule {
  std::string_view key;
  Span Notes::* slot =
      nullptr;  ///< noted there where the type is right; nullptr: only duplicates matter
  Types types = 0xFF;
  int code = 0;                  ///< another type is refused with this; 0: it leaves the slot empty
  std::string_view wanted = {};  ///< "a string", for that refusal
  Level inside = Level::kNone;   ///< an object's own members are looked at by these rules
};

/// The rules of a level (at most 32).
[[nodiscard]] std::span<const Rule> rules_of(Level level);
/// Refuses what is longer than the limit.
[[nodiscard]] std::expected<void, Refusal> check_size(std::string_view bytes,
                                                      const ScanLimits& limits);

}  // namespace gantry::mcp
