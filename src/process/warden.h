// The warden: one process a server, which starts it, tells of it, and ends its tree.
#pragma once

#include "process/wire.h"

namespace gantry::process {

/// In a process just forked from the keeper: every signal blocked, every disposition default,
/// descriptors 0 to 2 open. Ends once the tree has ended. Its orders come by `launch.control`; that
/// socket's end, or a SIGTERM from the keeper, is the order to kill.
[[noreturn]] void run_warden(Launch launch);

}  // namespace gantry::process
