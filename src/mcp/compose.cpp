#include "mcp/compose.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace gantry::mcp {

std::string request(std::uint64_t id, std::string_view method, std::string_view params) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":{},"params":{}}})", id,
                     base::json_quote(method), params);
}

std::string notification(std::string_view method, std::string_view params) {
  if (params.empty())
    return fmt::format(R"({{"jsonrpc":"2.0","method":{}}})", base::json_quote(method));
  return fmt::format(R"({{"jsonrpc":"2.0","method":{},"params":{}}})", base::json_quote(method),
                     params);
}

std::string result(std::string_view id, std::string_view result) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, result);
}

std::string error(std::string_view id, int code, std::string_view message, std::string_view data) {
  const auto extra = data.empty() ? std::string() : fmt::format(R"(,"data":{})", data);
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":{}{}}}}})",
                     id.empty() ? "null" : id, code, base::json_quote(message), extra);
}

}  // namespace gantry::mcp
