// What a value must look like before anything else sees it: hosts, URLs, names, header fields.
#pragma once

#include <string_view>

#include "base/error.h"

namespace gantry::config {

[[nodiscard]] bool is_ipv6(std::string_view text);
/// An IPv4 address or a DNS name.
[[nodiscard]] bool is_host(std::string_view text);
/// "host", "host:port", "[::1]" or "[::1]:port".
[[nodiscard]] base::Result<> check_host_port(std::string_view text);
/// "https://app.example:8443": a scheme, a host, nothing behind.
[[nodiscard]] base::Result<> check_origin(std::string_view text);
/// An absolute http or https URL without user information or fragment.
[[nodiscard]] base::Result<> check_url(std::string_view text);

/// [A-Za-z0-9_-]+ without "__", at most 64.
[[nodiscard]] base::Result<> check_name(std::string_view name);
/// What clients accept as the name of a tool: [A-Za-z0-9_.-]+, at most 128.
[[nodiscard]] base::Result<> check_tool_name(std::string_view name);
/// A token of RFC 9110, and not one of those that the transport sets itself.
[[nodiscard]] base::Result<> check_header_name(std::string_view name);
/// No control characters. The message does not hold the value.
[[nodiscard]] base::Result<> check_header_value(std::string_view value);

}  // namespace gantry::config
