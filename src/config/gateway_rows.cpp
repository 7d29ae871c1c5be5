#include "config/gateway_rows.h"

#include <algorithm>

#include "config/checks.h"
#include "config/listen.h"
#include "config/tokens.h"

namespace gantry::config {
namespace {

constexpr unsigned long long kKiB = 1024;
constexpr unsigned long long kGiB = kKiB * kKiB * kKiB;
constexpr unsigned long long kMillion = 1'000'000;
constexpr long long kSecond = 1000;
constexpr long long kDay = 24 * 60 * 60 * kSecond;

constexpr std::array kLevels = {Word{"debug", LogLevel::kDebug}, Word{"info", LogLevel::kInfo},
                                Word{"warn", LogLevel::kWarn}, Word{"error", LogLevel::kError}};
constexpr std::array kFormats = {Word{"auto", LogFormat::kAuto}, Word{"text", LogFormat::kText},
                                 Word{"json", LogFormat::kJson}};

base::Result<std::string> host(std::string_view text) {
  if (auto good = check_host_port(text); !good) return std::unexpected(std::move(good).error());
  return base::to_lower(text);
}

base::Result<std::string> origin(std::string_view text) {
  if (auto good = check_origin(text); !good) return std::unexpected(std::move(good).error());
  return base::to_lower(text);
}

base::Result<> put_listen(Gateway& gateway, std::string_view text) {
  gateway.listen.push_back(GANTRY_TRY(parse_listen(text)));
  return {};
}

std::string print_listen(const Gateway& gateway) {
  std::vector<std::string> parts;
  for (const auto& each : gateway.listen) parts.push_back(each.text());
  return base::join(parts, ", ");
}

base::Result<> put_tokens(Gateway& gateway, std::string_view path) {
  for (auto& token : GANTRY_TRY(read_token_list(path))) {
    if (auto added = add_token(gateway.tokens, std::move(token)); !added) return added;
  }
  return {};
}

std::string print_tokens(const Gateway& gateway) {
  std::vector<std::string> parts;
  for (const auto& token : gateway.tokens) parts.push_back(token.name + " (secret)");
  return base::join(parts, ", ");
}

#define GANTRY_FIELD(member) [](auto& gateway) -> auto& { return gateway.member; }
template <auto Field, auto Least, auto Most>
constexpr auto size = size_row<Gateway, Field, Least, Most>;
template <auto Field, auto Least, auto Most>
constexpr auto number = number_row<Gateway, Field, Least, Most>;
template <auto Field, auto Least, auto Most>
constexpr auto duration = duration_row<Gateway, Field, Least, Most>;

constexpr std::array kRows = {
    Row<Gateway>{"listen", "GANTRY_LISTEN", "Addresses that clients reach; one, or a list.",
                 put_listen, print_listen, [](Gateway& gateway) { gateway.listen.clear(); }},
    texts_row<Gateway, GANTRY_FIELD(allowed_hosts), host>(
        "allowed_hosts", "GANTRY_ALLOWED_HOSTS",
        "Host headers that are accepted beside the listeners' own names."),
    texts_row<Gateway, GANTRY_FIELD(allowed_origins), origin>(
        "allowed_origins", "GANTRY_ALLOWED_ORIGINS",
        "Origins of web pages that are accepted beside the listeners' own."),
    Row<Gateway>{kTokensKey, "GANTRY_AUTH_TOKENS_FILE", "Bearer tokens that clients may present.",
                 put_tokens, print_tokens, [](Gateway& gateway) { gateway.tokens.clear(); }},
    size<GANTRY_FIELD(limits.body), kKiB, kGiB>("limits.body", "GANTRY_LIMITS_BODY",
                                                "Bytes of one request's body or of one message."),
    size<GANTRY_FIELD(limits.header), kKiB, kKiB * kKiB>("limits.header", "GANTRY_LIMITS_HEADER",
                                                         "Bytes of one request's head."),
    number<GANTRY_FIELD(limits.depth), 4ULL, 1000ULL>(
        "limits.depth", "GANTRY_LIMITS_DEPTH",
        "Arrays and objects inside each other in one message."),
    number<GANTRY_FIELD(limits.sessions), 1ULL, 10 * kMillion>(
        "limits.sessions", "GANTRY_LIMITS_SESSIONS", "Sessions at once."),
    number<GANTRY_FIELD(limits.in_flight), 1ULL, kMillion>(
        "limits.in_flight", "GANTRY_LIMITS_IN_FLIGHT", "Calls at once, over all sessions."),
    number<GANTRY_FIELD(limits.connections), 1ULL, kMillion>(
        "limits.connections", "GANTRY_LIMITS_CONNECTIONS", "Client connections at once."),
    number<GANTRY_FIELD(limits.instances), 1ULL, 10'000ULL>(
        "limits.instances", "GANTRY_LIMITS_INSTANCES", "Running instances of all servers at once."),
    number<GANTRY_FIELD(limits.instances_a_server), 1ULL, 10'000ULL>(
        "limits.instances_a_server", "GANTRY_LIMITS_INSTANCES_A_SERVER",
        "Running instances of one server at once."),
    number<GANTRY_FIELD(limits.events), 1ULL, kMillion>(
        "limits.events", "GANTRY_LIMITS_EVENTS",
        "Events that are kept for a session to resume its streams."),
    size<GANTRY_FIELD(limits.event_bytes), kKiB, kGiB>("limits.event_bytes",
                                                       "GANTRY_LIMITS_EVENT_BYTES",
                                                       "Bytes of those events, for each session."),
    size<GANTRY_FIELD(limits.answer), kKiB, kGiB>("limits.answer", "GANTRY_LIMITS_ANSWER",
                                                  "Bytes of one message of a server."),
    number<GANTRY_FIELD(loops), 0ULL, 1024ULL>("loops", "GANTRY_LOOPS",
                                               "Event loops; 0: one a core."),
    duration<GANTRY_FIELD(session_idle), kSecond, 30 * kDay>(
        "session_idle", "GANTRY_SESSION_IDLE",
        "A session without a stream or a call for so long ends."),
    duration<GANTRY_FIELD(keep_alive), kSecond, kDay>(
        "keep_alive", "GANTRY_KEEP_ALIVE", "An idle client connection is closed after so long."),
    duration<GANTRY_FIELD(stream_ping), 100LL, kDay>(
        "stream_ping", "GANTRY_STREAM_PING",
        "An idle stream gets a comment so often, so that proxies keep it."),
    number<GANTRY_FIELD(names_max), 16ULL, 128ULL>("names.max", "GANTRY_NAMES_MAX",
                                                   "Characters of the longest SERVER__NAME."),
    word_row<Gateway, GANTRY_FIELD(log_level), kLevels>(
        "log.level", "GANTRY_LOG_LEVEL", "The least that is logged: debug, info, warn or error."),
    word_row<Gateway, GANTRY_FIELD(log_format), kFormats>(
        "log.format", "GANTRY_LOG_FORMAT", "text, json, or auto: text on a terminal."),
};
#undef GANTRY_FIELD

}  // namespace

std::span<const Row<Gateway>> gateway_rows() { return kRows; }

const Row<Gateway>* find_gateway_row(std::string_view key) {
  const auto* const found = std::ranges::find(kRows, key, &Row<Gateway>::key);
  return found == kRows.end() ? nullptr : found;
}

std::string flag_of(const Row<Gateway>& row) {
  constexpr std::string_view kPrefix = "GANTRY_";
  auto flag = base::to_lower(row.variable.substr(kPrefix.size()));
  std::ranges::replace(flag, '_', '-');
  return "--" + flag;
}

}  // namespace gantry::config
