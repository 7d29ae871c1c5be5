// How a server's status is told to people; what the commands that show servers share.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/table.h"

namespace gantry::cli {

/// "3d2h", "2h5m", "1m30s", "4s", "120ms": the two largest units.
[[nodiscard]] std::string span_text(long long millis);
/// Why a server is not ready and when it is tried again: "exited with status 1; next try in 4s".
/// Empty: all is well.
[[nodiscard]] std::string cause_of(const Json& server);
/// The state in its colour: green ready, red failed, yellow between.
[[nodiscard]] Cell state_cell(const std::string& state);
/// A header and a row a server.
[[nodiscard]] std::vector<Row> server_rows(const Json& servers);
/// "/api/v1/servers/NAME" + `rest`.
[[nodiscard]] std::string server_target(const std::string& name, std::string_view rest);
/// An unknown server's error gets the nearest name as its hint, where the gateway gave none.
[[nodiscard]] base::Error with_known_servers(base::Error error, const std::string& name);

}  // namespace gantry::cli
