// What a server is: a command that is run, or a URL that is called.
#pragma once

#include "config/server.h"

namespace gantry::config {

/// command, args, env, cwd, url, headers or transport. False: another key.
bool read_launch(std::string_view key, const document::Node& value, Draft& draft, Scope& scope);
/// One kind, and only its keys; makes paths absolute and sets `server.kind`. `complete`: whether to
/// ask for a kind at all (not where the entry's problems were told already).
enum class Completeness : std::uint8_t { kRequired, kWhatIsThere };
void finish_launch(document::Mark mark, Completeness completeness, Draft& draft, Scope& scope);

}  // namespace gantry::config
