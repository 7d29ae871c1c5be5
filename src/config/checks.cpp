#include "config/checks.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/strings.h"

namespace gantry::config {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMostName = 64;
constexpr std::size_t kMostToolName = 128;
constexpr std::size_t kMostHost = 253;

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool made_of(std::string_view text, std::string_view besides) {
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_alnum(c) || besides.contains(c); });
}

bool is_port(std::string_view text) {
  const auto port = base::parse_number(text);
  return port && *port > 0 && *port <= 65535;
}

/// "host", "host:port", and the same with an address in brackets.
bool is_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    const auto rest = text.substr(close + 1);
    return rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return is_host(text.substr(0, colon));
}

}  // namespace

bool is_ipv6(std::string_view text) {
  in6_addr parsed = {};
  return inet_pton(AF_INET6, std::string(text).c_str(), &parsed) == 1;
}

bool is_host(std::string_view text) {
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    in_addr parsed = {};
    return inet_pton(AF_INET, std::string(text).c_str(), &parsed) == 1;
  }
  if (text.size() > kMostHost || text.contains("..") || text.starts_with('.')) return false;
  return made_of(text, "-._");
}

base::Result<> check_host_port(std::string_view text) {
  if (is_authority(text)) return {};
  return fail(Code::kInvalid, fmt::format("'{}' is not a host", text),
              "write app.example or app.example:3010; a pattern is not read");
}

base::Result<> check_origin(std::string_view text) {
  constexpr auto kHint =
      "write https://app.example or http://localhost:5173; a pattern is not read";
  const auto scheme = text.substr(0, text.find("://"));
  const bool named = scheme.size() < text.size() && made_of(scheme, "+.-");
  if (named && is_authority(text.substr(scheme.size() + 3))) return {};
  return fail(Code::kInvalid, fmt::format("'{}' is not an origin", text), kHint);
}

base::Result<> check_url(std::string_view text) {
  // The URL may hold a secret in its query: a message tells what is wrong, not the whole of it.
  const auto bad = [](std::string why) {
    return fail(Code::kInvalid, std::move(why), "write https://host/path");
  };
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("not an absolute URL");
  const auto scheme = base::to_lower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") {
    return bad(fmt::format("'{}' is not available: http and https are", scheme));
  }
  const auto graphic = [](char c) {
    return c > ' ' && c < '\x7f' && !std::string_view("\"<>\\^`{|}").contains(c);
  };
  if (!std::ranges::all_of(text, graphic))
    return bad("a URL holds a character that must be written as %XX");
  if (text.contains('#')) return bad("a URL with a fragment (#)");
  const auto rest = text.substr(colon + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.contains('@')) {
    return fail(Code::kInvalid, "a URL with a user name or password",
                "set headers: {Authorization: …}");
  }
  if (!is_authority(authority)) return bad(fmt::format("'{}' is not a host", authority));
  return {};
}

base::Result<> check_name(std::string_view name) {
  const bool good = made_of(name, "_-") && !name.contains("__") && name.size() <= kMostName;
  if (good) return {};
  return fail(Code::kInvalid, fmt::format("'{}' cannot be a name", name),
              "letters, digits, '-' and '_' (never two '_' in a row), at most 64");
}

base::Result<> check_tool_name(std::string_view name) {
  if (made_of(name, "_-.") && name.size() <= kMostToolName) return {};
  return fail(Code::kInvalid, fmt::format("'{}' cannot be the name of a tool", name),
              "letters, digits, '-', '_' and '.', at most 128");
}

base::Result<> check_header_name(std::string_view name) {
  constexpr std::array<std::string_view, 16> kOurs = {"accept",
                                                      "connection",
                                                      "content-encoding",
                                                      "content-length",
                                                      "content-type",
                                                      "expect",
                                                      "host",
                                                      "keep-alive",
                                                      "last-event-id",
                                                      "mcp-protocol-version",
                                                      "mcp-session-id",
                                                      "proxy-connection",
                                                      "te",
                                                      "trailer",
                                                      "transfer-encoding",
                                                      "upgrade"};
  if (!made_of(name, "!#$%&'*+-.^_`|~")) {
    return fail(Code::kInvalid,
                fmt::format("'{}' cannot be a header's name", base::json_escape(name)));
  }
  if (std::ranges::find(kOurs, base::to_lower(name)) != kOurs.end()) {
    return fail(Code::kInvalid, fmt::format("the header '{}' is set by the gateway", name),
                "leave it out");
  }
  return {};
}

base::Result<> check_header_value(std::string_view value) {
  const auto control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  };
  if (std::ranges::none_of(value, control)) return {};
  return fail(Code::kInvalid, "a header's value holds a line break or another control character",
              "a secret's file must hold one line");
}

}  // namespace gantry::config
