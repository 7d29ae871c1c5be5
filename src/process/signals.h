// Signals of the keeper and the wardens: all blocked, two of them read from a descriptor.
#pragma once

#include "base/file.h"

namespace gantry::process {

/// Every signal back to its default and blocked, so that none of the terminal's or a user's ends
/// this process, and forked ones start clean.
void block_signals();

/// A non-blocking descriptor that is readable when a child ended (SIGCHLD) or SIGTERM came.
[[nodiscard]] base::Fd open_signals();

struct Signals {
  bool terminated = false;
};
/// Empties it. A SIGCHLD may stand for many children.
Signals take_signals(int signals);

}  // namespace gantry::process
