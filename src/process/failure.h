// A failed start, as its user reads it.
#pragma once

#include <string>

#include "process/wire.h"

namespace gantry::process {

/// What is named in the message.
struct Attempt {
  std::string command;  ///< argv[0]
  std::string cwd;
};

/// `report` is a kFailed.
[[nodiscard]] base::Error describe_failure(const Attempt& attempt, const Report& report);

}  // namespace gantry::process
