// The gateway's settings, one row each.
#pragma once

#include <span>
#include <string>

#include "config/model.h"
#include "config/rows.h"

namespace gantry::config {

/// In the order of `config show`. Keys are below "gateway".
[[nodiscard]] std::span<const Row<Gateway>> gateway_rows();
/// nullptr where there is none.
[[nodiscard]] const Row<Gateway>* find_gateway_row(std::string_view key);
/// "--limits-body" of GANTRY_LIMITS_BODY.
[[nodiscard]] std::string flag_of(const Row<Gateway>& row);

/// The row whose file holds more than texts: a list of {name, file | env | value}. The environment
/// and the flag name a file with one token a line.
inline constexpr std::string_view kTokensKey = "auth.tokens";

}  // namespace gantry::config
