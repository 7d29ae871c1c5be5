// Runs the gateway: puts every part together, from the configuration to the last process ended.
#pragma once

#include "cli/options.h"

namespace gantry::app {

/// `gantry up`: blocks until it is told to stop; detached: until it is ready, the gateway going on
/// in the background. The exit status.
[[nodiscard]] int run_up(const cli::UpOptions& options);

/// Starts one in the background where none runs, and waits until it listens. Errors say why it did
/// not.
[[nodiscard]] base::Result<> start_in_background(const cli::UpOptions& options);

}  // namespace gantry::app
