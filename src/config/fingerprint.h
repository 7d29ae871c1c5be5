// What decides the lists of a server, as a hash: stored lists are those of this server while it
// stays the same.
#pragma once

#include <string>

#include "config/model.h"

namespace gantry::config {

/// SHA-256 in hexadecimal of kind, command, arguments, environment, folder, URL, names of headers
/// and tool rules.
[[nodiscard]] std::string fingerprint(const Server& server);

}  // namespace gantry::config
