// Messages of the gateway's own, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::mcp {

/// `id`, `params` and `result` are raw JSON; `method` and `message` are plain text.
[[nodiscard]] std::string request(std::uint64_t id, std::string_view method,
                                  std::string_view params);
[[nodiscard]] std::string notification(std::string_view method, std::string_view params = {});
[[nodiscard]] std::string result(std::string_view id, std::string_view result);
[[nodiscard]] std::string error(std::string_view id, int code, std::string_view message,
                                std::string_view data = {});

}  // namespace gantry::mcp
