// A listener's address as it is written.
#pragma once

#include <string_view>

#include "config/model.h"

namespace gantry::config {

/// "127.0.0.1:3010", "[::1]:3010", "localhost:0", "unix:/run/gantry.sock". Error: kInvalid with the
/// forms that are read.
[[nodiscard]] base::Result<Listen> parse_listen(std::string_view text);
/// Whether both would bind the same address. Port 0 is another one each time.
[[nodiscard]] bool same_address(const Listen& a, const Listen& b);

}  // namespace gantry::config
