// YAML 1.2's core schema: what a plain scalar means.
#pragma once

#include <string_view>

#include "document/node.h"

namespace gantry::document {

/// kNull, kBool, kNumber or kString.
[[nodiscard]] Kind plain_kind(std::string_view text);

}  // namespace gantry::document
