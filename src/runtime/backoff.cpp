#include "runtime/backoff.h"

#include <algorithm>

namespace gantry::runtime {

base::Millis Backoff::failed(base::Instant at, double jitter) {
  if (started_ && at - *started_ >= rule_.healthy_after) failures_ = 0;
  started_.reset();
  const auto doublings = std::min(failures_++, 20U);
  const auto wait = std::min(rule_.first * (std::int64_t{1} << doublings), rule_.most);
  const auto shifted = static_cast<double>(wait.count()) * (0.9 + 0.2 * jitter);
  return std::min(base::Millis(static_cast<std::int64_t>(shifted)), rule_.most);
}

}  // namespace gantry::runtime
