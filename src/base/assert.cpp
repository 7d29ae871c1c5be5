#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace gantry::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "gantry: bug: %s:%d: %s does not hold\n", file, line, expression);
  std::abort();
}

}  // namespace gantry::base
