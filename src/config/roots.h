// `roots:` of a server: what it is told when it asks which folders it may use.
#pragma once

#include "config/server.h"

namespace gantry::config {

/// "client", or a list of paths, file:// URIs and {uri, name}. Relative paths are below the file's
/// folder.
void read_roots(const document::Node& value, Draft& draft, Scope& scope);

}  // namespace gantry::config
