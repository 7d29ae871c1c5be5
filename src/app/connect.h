// `gantry connect`: a client's stdio, carried to a gateway over Streamable HTTP.
#pragma once

#include "cli/options.h"

namespace gantry::app {

/// Blocks until the client closes its side. The exit status.
[[nodiscard]] int run_connect(const cli::ConnectOptions& options);

}  // namespace gantry::app
