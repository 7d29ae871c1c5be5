// The version of this program.
#pragma once

#include <string_view>

namespace gantry::base {
[[nodiscard]] std::string_view version();
}
