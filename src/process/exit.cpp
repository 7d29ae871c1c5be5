#include <fmt/format.h>

#include <cstring>

#include "process/keeper.h"

namespace gantry::process {

std::string Exit::text() const {
  if (!signalled) return fmt::format("exit status {}", number);
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("killed by SIG{}", name)
                         : fmt::format("killed by signal {}", number);
}

}  // namespace gantry::process
