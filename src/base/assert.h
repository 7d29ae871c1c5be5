// Invariants, checked in release builds too: what is impossible ends the program with its place.
#pragma once

namespace gantry::base {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define GANTRY_ASSERT(expression) \
  ((expression) ? void(0) : ::gantry::base::assertion_failed(#expression, __FILE__, __LINE__))
