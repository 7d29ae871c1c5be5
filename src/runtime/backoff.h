// When a server that ended is started again: at once at first, ever later while it keeps failing.
#pragma once

#include <optional>

#include "base/time.h"
#include "config/model.h"

namespace gantry::runtime {

class Backoff {
 public:
  explicit Backoff(config::Restart rule) : rule_(rule) {}

  void started(base::Instant at) { started_ = at; }
  /// It ended (or could not start): how long to wait. The wait doubles up to `most`, with up to a
  /// tenth taken off or added by `jitter` in [0, 1); a run of `healthy_after` or more begins anew.
  [[nodiscard]] base::Millis failed(base::Instant at, double jitter);
  /// Failures in a row.
  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  config::Restart rule_;
  std::optional<base::Instant> started_;
  unsigned failures_ = 0;
};

}  // namespace gantry::runtime
