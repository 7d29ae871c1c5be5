#include "policy/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace gantry::policy {
namespace {

struct Authority {
  std::string host;
  std::optional<unsigned long long> port;
};

/// host or host:port; nothing where the port is no number (a trick to look like a known host).
std::optional<Authority> parse(std::string_view text) {
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  Authority parsed{.host = base::to_lower(text.substr(0, colon)), .port = {}};
  if (colon == std::string_view::npos) return parsed;
  parsed.port = base::parse_number(text.substr(colon + 1));
  return parsed.port ? std::optional(parsed) : std::nullopt;
}

constexpr std::string_view kBearer = "bearer ";

}  // namespace

Access::Access(const config::Gateway& gateway, std::vector<std::uint16_t> ports)
    : hosts_{"localhost", "127.0.0.1", "[::1]"},
      origins_(gateway.allowed_origins),
      ports_(std::move(ports)),
      tokens_(gateway.tokens) {
  for (const auto& listen : gateway.listen) {
    if (listen.is_unix() || listen.host == "0.0.0.0" || listen.host == "::") continue;
    hosts_.push_back(
        base::to_lower(listen.host.contains(':') ? fmt::format("[{}]", listen.host) : listen.host));
  }
  for (const auto& host : gateway.allowed_hosts) allowed_.push_back(base::to_lower(host));
}

bool Access::known_host(std::string_view authority) const {
  const auto given = parse(authority);
  if (!given) return false;
  const bool own_port = !given->port || std::ranges::find(ports_, *given->port) != ports_.end();
  if (own_port && std::ranges::find(hosts_, given->host) != hosts_.end()) return true;
  return std::ranges::any_of(allowed_, [&](const auto& entry) {
    const auto allowed = parse(entry);
    return allowed && allowed->host == given->host &&
           (!allowed->port || allowed->port == given->port);
  });
}

std::optional<Denial> Access::check_source(const Arrival& arrival) const {
  if (arrival.local) return std::nullopt;
  if (!known_host(arrival.host)) {
    return Denial{
        .status = 403,
        .reason = fmt::format("Host '{}' is not served here; add it to gateway.allowed_hosts",
                              base::json_escape(arrival.host)),
        .headers = {}};
  }
  const auto& origin = arrival.origin;
  if (!origin) return std::nullopt;
  const Denial denial{
      .status = 403,
      .reason = fmt::format("Origin '{}' is not allowed; add it to gateway.allowed_origins",
                            base::json_escape(*origin)),
      .headers = {}};
  if (std::ranges::find(origins_, *origin) != origins_.end()) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin->starts_with(scheme)) continue;
    const auto authority = origin->substr(scheme.size());
    const auto given = parse(authority);
    const bool own = given && std::ranges::find(hosts_, given->host) != hosts_.end();
    // A page from this machine, whatever its port, or from a host that is served here.
    if (own || known_host(authority)) return std::nullopt;
  }
  return denial;
}

std::optional<std::string> Access::authenticate(const Arrival& arrival) const {
  if (arrival.local) return "local";
  if (tokens_.empty()) return "";
  const auto& header = arrival.authorization;
  if (!header || header->size() <= kBearer.size() ||
      !base::iequals(header->substr(0, kBearer.size()), kBearer)) {
    return std::nullopt;
  }
  const auto given = base::trim(header->substr(kBearer.size()));
  // Every token is compared, so that the time tells nothing of which one was near.
  const config::Token* found = nullptr;
  for (const auto& token : tokens_) {
    if (base::equals_constant_time(given, token.secret.reveal())) found = &token;
  }
  if (found == nullptr) return std::nullopt;
  return found->name;
}

Denial Access::unauthenticated() {
  return {.status = 401,
          .reason = "a bearer token is needed: Authorization: Bearer TOKEN",
          .headers = "WWW-Authenticate: Bearer realm=\"gantry\"\r\n"};
}

}  // namespace gantry::policy
