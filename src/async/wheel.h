// The deadlines of one loop: a hashed wheel of 10 ms ticks. Arming and disarming are a few stores,
// no system call and no allocation, so a call's path can afford one each.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/time.h"

namespace gantry::async {

class Wheel;

/// A deadline inside its owner; disarms itself when destroyed. Fires once, never early, at most a
/// tick late.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { disarm(); }

  /// Arms it anew (an earlier deadline is forgotten). The action may arm, disarm or destroy any
  /// timer.
  void arm(Wheel& wheel, base::Millis after, std::move_only_function<void()> action);
  /// Moves the deadline, keeping the action. Only while armed.
  void postpone(base::Millis after);
  void disarm();
  [[nodiscard]] bool armed() const { return wheel_ != nullptr; }
  /// What is left until it fires; nothing when disarmed.
  [[nodiscard]] std::optional<base::Millis> left() const;

 private:
  friend class Wheel;
  Wheel* wheel_ = nullptr;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  std::uint64_t tick_ = 0;
  std::move_only_function<void()> action_;
};

class Wheel {
 public:
  static constexpr base::Millis kTick{10};

  explicit Wheel(base::Instant start) : start_(start) {}
  Wheel(const Wheel&) = delete;
  Wheel& operator=(const Wheel&) = delete;

  /// Sets the time that arming counts from, firing nothing yet.
  void set_now(base::Instant now) { now_ = now; }
  /// Fires all that is due at `now`.
  void advance(base::Instant now);
  /// When to look again; nothing while no timer is armed. May be early (a far timer shares a slot),
  /// never late.
  [[nodiscard]] std::optional<base::Millis> next(base::Instant now) const;

 private:
  friend class Timer;
  static constexpr std::size_t kSlots = 4096;
  static constexpr std::size_t kWords = kSlots / 64;

  void insert(Timer& timer, base::Millis after);
  void remove(Timer& timer);
  void fire_slot(std::size_t slot);
  [[nodiscard]] std::uint64_t tick_of(base::Instant at) const;

  base::Instant start_;
  base::Instant now_ = start_;
  std::uint64_t tick_ = 0;  // all up to and with this one were fired
  std::array<Timer*, kSlots> slots_{};
  std::array<std::uint64_t, kWords> occupied_{};
};

}  // namespace gantry::async
