// `profiles:`: names for some of the servers.
#pragma once

#include <span>
#include <vector>

#include "config/model.h"
#include "config/scope.h"

namespace gantry::config {

/// Each is a list of servers, or {servers: [...]}. A server that does not exist is a problem.
[[nodiscard]] std::vector<Profile> read_profiles(const document::Node& section,
                                                 std::span<const Server> servers, Scope& scope);

}  // namespace gantry::config
