// What runs in the keeper's own process.
#pragma once

#include "base/file.h"

namespace gantry::process {

/// In a just forked process of one thread. Sends one byte when it is out of the terminal's reach,
/// then serves launches from `gateway` until that socket closes, then ends every tree and itself.
[[noreturn]] void run_keeper(base::Fd gateway);

}  // namespace gantry::process
