// A client's envFile: NAME=VALUE lines.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::config {

/// Empty lines and those with # in front are skipped, `export` before a name too. 'as it is'; "with
/// \n, \" and \\"; without quotation marks up to the end of the line or to a # after a space.
/// Error: the line's number, never its value.
[[nodiscard]] base::Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text);

}  // namespace gantry::config
