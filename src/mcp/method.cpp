#include "mcp/method.h"

#include <array>

namespace gantry::mcp {
namespace {

/// By the number of the method.
constexpr std::array<std::string_view, kMethods> kNames = {
    "",
    "initialize",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "ping",
    "tasks/get",
    "tasks/result",
    "tasks/list",
    "tasks/cancel",
    "sampling/createMessage",
    "elicitation/create",
    "roots/list",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/message",
    "notifications/resources/updated",
    "notifications/resources/list_changed",
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/roots/list_changed",
    "notifications/elicitation/complete",
    "notifications/tasks/status",
};

constexpr std::size_t kSlots = 256;

/// The length and four characters tell the names apart; `salt` is what makes the table free of
/// collisions.
constexpr std::size_t slot_of(std::string_view name, std::size_t salt) {
  const auto* at = name.data();
  const auto size = name.size();
  std::size_t mixed = size;
  for (const char c : {at[0], at[1], at[size / 2 + 1], at[size - 3]}) {
    mixed = mixed * salt + static_cast<unsigned char>(c);
  }
  return (mixed ^ (mixed >> 8U)) % kSlots;
}

struct Table {
  std::size_t salt = 0;  ///< 0: none was found
  std::array<Method, kSlots> slots{};
};

consteval Table build() {
  for (std::size_t salt = 3; salt < 1000; salt += 2) {
    Table table{.salt = salt};
    bool free = true;
    for (std::size_t i = 1; i < kMethods && free; ++i) {
      auto& slot = table.slots[slot_of(kNames[i], salt)];
      free = slot == Method::kUnknown;
      slot = static_cast<Method>(i);
    }
    if (free) return table;
  }
  return {};
}

constexpr Table kTable = build();
static_assert(kTable.salt != 0, "two methods share a slot: change slot_of");

}  // namespace

Method method_of(std::string_view name) {
  if (name.size() < 3) return Method::kUnknown;
  const auto method = kTable.slots[slot_of(name, kTable.salt)];
  return kNames[static_cast<std::size_t>(method)] == name ? method : Method::kUnknown;
}

std::string_view name(Method method) { return kNames.at(static_cast<std::size_t>(method)); }

}  // namespace gantry::mcp
