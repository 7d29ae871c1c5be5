// The running gateway of this machine: its state file, and its admin API on a Unix socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/admin_client.h"
#include "cli/json.h"

namespace gantry::cli {

/// What the gateway wrote about itself; a file left by a killed gateway says the same, so nothing
/// here proves that one runs.
struct GatewayState {
  int pid = 0;
  std::string endpoint;  ///< "http://127.0.0.1:3010"
  std::string log;       ///< empty: on its terminal
};
/// <state folder>/gateway.json. Error: kUnavailable "no gateway runs here".
[[nodiscard]] base::Result<GatewayState> read_gateway_state();
/// <state folder>/gantry.sock.
[[nodiscard]] base::Result<Endpoint> admin_endpoint();
/// kUnavailable, with the hint how to start one.
[[nodiscard]] base::Error no_gateway();
/// A refused or absent socket says that no gateway runs; other errors stay.
[[nodiscard]] base::Error as_gateway_error(base::Error error);

/// The error that an answer's body tells ({"error":{code,message,hint}} of the API, or JSON-RPC's),
/// else one made of the status.
[[nodiscard]] base::Error error_of(int status, std::string_view body);

/// One request to the admin API. Errors: kUnavailable where no gateway runs, what the gateway said,
/// kParse.
[[nodiscard]] base::Result<Json> ask_gateway(std::string_view method, std::string_view target);
struct Follower {
  std::function<base::Result<>()> opened;  ///< the stream is open: nothing is missed from here on
  std::function<base::Result<>(const std::string& data)> event;
};
/// Reads an event stream of the API until it ends or a function of the follower gives an error.
[[nodiscard]] base::Result<> follow_gateway(std::string_view target, const Follower& follower);

}  // namespace gantry::cli
