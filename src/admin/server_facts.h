// One server as the admin API shows it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "gateway/session.h"

namespace gantry::admin {

/// On the control loop.
[[nodiscard]] nlohmann::json server_facts(gateway::SessionContext& context, std::size_t server);

}  // namespace gantry::admin
