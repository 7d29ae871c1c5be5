#include "fabric/pending.h"

#include "base/assert.h"

namespace gantry::fabric {

Pending& PendingTable::add() {
  if (free_.empty()) {
    GANTRY_ASSERT(slots_.size() < (1U << kSlotBits));
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    generations_.push_back(0);
  }
  const auto slot = free_.back();
  free_.pop_back();
  auto& pending = slots_[slot];
  // The generation starts at 1, so no id is ever below kFirst; it wraps long after any answer could
  // come.
  if (++generations_[slot] == 0) generations_[slot] = 1;
  pending.id = (static_cast<RequestId>(generations_[slot]) << kSlotBits) | slot;
  ++used_;
  return pending;
}

Pending* PendingTable::find(RequestId id) {
  const auto slot = id & ((1U << kSlotBits) - 1);
  if (id == 0 || slot >= slots_.size() || slots_[slot].id != id) return nullptr;
  return &slots_[slot];
}

void PendingTable::remove(Pending& pending) {
  const auto slot = static_cast<std::uint32_t>(pending.id & ((1U << kSlotBits) - 1));
  pending.id = 0;
  pending.call.reset();
  pending.inquiry = nullptr;
  pending.deadline.disarm();
  pending.asking = 0;
  pending.uri.clear();
  pending.resent = false;
  free_.push_back(slot);
  --used_;
}

}  // namespace gantry::fabric
