// What `up` prints once the gateway is ready.
#pragma once

#include <string>

#include "config/model.h"
#include "fabric/fleet.h"

namespace gantry::app {

/// The endpoint, each server with its state and number of tools, and what to give a client.
[[nodiscard]] std::string banner(const config::Config& config, const fabric::Fleet& fleet,
                                 const std::string& endpoint);

}  // namespace gantry::app
