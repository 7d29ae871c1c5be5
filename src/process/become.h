// The last step of a start: the forked process becomes the server.
#pragma once

#include "process/wire.h"

namespace gantry::process {

/// What became of it, when it could not: through a close-on-exec pipe, which closes silently when
/// it could.
struct Failure {
  Stage stage = Stage::kExec;
  int number = 0;
};

/// In a just forked process of one thread, every signal's disposition default, descriptors 0 to 2
/// open. Leads a session of its own, takes over the pipes, closes all else. `failed`: a
/// close-on-exec pipe.
[[noreturn]] void become_server(const Spec& spec, const Launch& launch, int failed);

}  // namespace gantry::process
