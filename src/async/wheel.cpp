#include "async/wheel.h"

#include <bit>
#include <utility>

#include "base/assert.h"

namespace gantry::async {

void Timer::arm(Wheel& wheel, base::Millis after, std::move_only_function<void()> action) {
  disarm();
  action_ = std::move(action);
  wheel.insert(*this, after);
}

void Timer::postpone(base::Millis after) {
  GANTRY_ASSERT(armed());
  auto& wheel = *wheel_;
  wheel.remove(*this);
  wheel.insert(*this, after);
}

void Timer::disarm() {
  if (!armed()) return;
  wheel_->remove(*this);
  action_ = nullptr;
}

std::optional<base::Millis> Timer::left() const {
  if (!armed()) return std::nullopt;
  const auto ticks = tick_ > wheel_->tick_ ? tick_ - wheel_->tick_ : 0;
  return Wheel::kTick * static_cast<std::int64_t>(ticks);
}

std::uint64_t Wheel::tick_of(base::Instant at) const {
  return static_cast<std::uint64_t>((at - start_) / kTick);
}

void Wheel::insert(Timer& timer, base::Millis after) {
  // The first tick that is not before the deadline; this one was looked at already.
  const auto wait = std::max(after, base::Millis(0));
  const auto rest = (now_ - start_) % kTick + wait % kTick;
  const auto ticks = wait / kTick + (rest + kTick - base::Instant::duration(1)) / kTick;
  timer.tick_ = tick_of(now_) + std::max<std::uint64_t>(1, static_cast<std::uint64_t>(ticks));
  const auto slot = timer.tick_ % kSlots;
  timer.wheel_ = this;
  timer.previous_ = nullptr;
  timer.next_ = slots_[slot];
  if (timer.next_ != nullptr) timer.next_->previous_ = &timer;
  slots_[slot] = &timer;
  occupied_[slot / 64] |= 1ULL << (slot % 64);
}

void Wheel::remove(Timer& timer) {
  const auto slot = timer.tick_ % kSlots;
  if (timer.previous_ != nullptr) {
    timer.previous_->next_ = timer.next_;
  } else {
    slots_[slot] = timer.next_;
    if (timer.next_ == nullptr) occupied_[slot / 64] &= ~(1ULL << (slot % 64));
  }
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  timer.wheel_ = nullptr;
  timer.next_ = timer.previous_ = nullptr;
}

void Wheel::advance(base::Instant now) {
  now_ = now;
  const auto target = tick_of(now);
  if (target - tick_ >= kSlots) {  // a stop of the machine: each slot once is enough
    tick_ = target;
    for (std::size_t slot = 0; slot < kSlots; ++slot) fire_slot(slot);
    return;
  }
  while (tick_ < target) {
    ++tick_;
    if (slots_[tick_ % kSlots] != nullptr) fire_slot(tick_ % kSlots);
  }
}

void Wheel::fire_slot(std::size_t slot) {
  // An action may disarm its neighbours, so the walk starts anew after each.
  const auto due = [&]() -> Timer* {
    for (auto* timer = slots_[slot]; timer != nullptr; timer = timer->next_) {
      if (timer->tick_ <= tick_) return timer;
    }
    return nullptr;
  };
  while (auto* timer = due()) {
    remove(*timer);
    auto action = std::exchange(timer->action_, nullptr);
    action();
  }
}

std::optional<base::Millis> Wheel::next(base::Instant now) const {
  const auto first = (tick_ + 1) % kSlots;
  for (std::size_t step = 0; step <= kWords; ++step) {
    const auto word = (first / 64 + step) % kWords;
    auto bits = occupied_[word];
    if (step == 0) bits &= ~0ULL << (first % 64);
    if (step == kWords) bits &= ~(~0ULL << (first % 64));
    if (bits == 0) continue;
    const auto slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    const auto ticks = (slot + kSlots - first) % kSlots + 1;
    const auto at = start_ + kTick * static_cast<std::int64_t>(tick_ + ticks);
    return std::max(base::Millis(0), std::chrono::ceil<base::Millis>(at - now));
  }
  return std::nullopt;
}

}  // namespace gantry::async
