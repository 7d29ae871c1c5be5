#include "admin/api.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "admin/server_facts.h"
#include "base/strings.h"
#include "gateway/stream.h"
#include "net/sse.h"

namespace gantry::admin {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "/api/v1/";
constexpr std::size_t kDefaultLines = 100;

/// In one line; what is not UTF-8 becomes U+FFFD.
std::string one_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump(const Json& value) { return one_line(value) + "\n"; }

void answer(const std::shared_ptr<net::Exchange>& exchange, const Json& value, int status = 200) {
  exchange->respond(status, gateway::kJsonHeaders, dump(value));
}

void refuse(const std::shared_ptr<net::Exchange>& exchange, const base::Error& error) {
  const auto& row = base::row(error.code);
  answer(exchange,
         {{"error", {{"code", row.name}, {"message", error.text()}, {"hint", error.hint}}}},
         row.http_status);
}

void refuse_unknown(const std::shared_ptr<net::Exchange>& exchange, const net::RequestHead& head) {
  refuse(exchange,
         base::fail(base::Code::kNotFound, fmt::format("the admin API has no {} {}", head.method,
                                                       base::json_escape(head.path)))
             .error());
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  for (const auto part : base::split(query, '&')) {
    const auto equals = part.find('=');
    if (part.substr(0, equals) == name)
      return std::string(equals == std::string_view::npos ? "" : part.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace

Api::Api(gateway::SessionContext& context, Facts facts)
    : context_(context), facts_(std::move(facts)) {
  context_.fleet.set_log_listener([this](std::size_t server, const fabric::LogLine& line) {
    std::erase_if(followers_, [](const Follower& one) { return !one.exchange->alive(); });
    std::string event;
    net::append_event(event, "", one_line({{"at", line.at}, {"text", line.text}}));
    for (const auto& follower : followers_) {
      if (follower.server == server) follower.exchange->write(event);
    }
  });
}

bool Api::ready() const {
  for (std::size_t at = 0; at < context_.config.servers.size(); ++at) {
    if (!context_.fleet.settled(at)) return false;
  }
  return true;
}

bool Api::serve(const net::RequestHead& head, const net::Entrance& entrance,
                const ExchangeRef& exchange) {
  if (head.path == "/health" || head.path.starts_with("/health/")) {
    if (head.method != "GET" && head.method != "HEAD") return false;
    health(head.path, entrance, exchange);
    return true;
  }
  if (!entrance.unix_socket || !head.path.starts_with(kPrefix)) return false;
  admin(head, exchange);
  return true;
}

void Api::health(std::string_view path, const net::Entrance& entrance,
                 const ExchangeRef& exchange) const {
  if (path == "/health/liveness") return answer(exchange, {{"status", "alive"}});
  if (path != "/health" && path != "/health/readiness" && path != "/health/startup") {
    return answer(exchange,
                  {{"error", "ask /health/liveness, /health/readiness or /health/startup"}}, 404);
  }
  auto servers = Json::array();
  bool degraded = false;
  for (std::size_t at = 0; at < context_.config.servers.size(); ++at) {
    const auto& facts = context_.fleet.facts(at);
    Json one = {{"name", context_.config.servers[at].name}, {"state", fabric::name(facts.state)}};
    if (!facts.cause.empty()) one["cause"] = facts.cause;
    degraded = degraded || context_.fleet.failing(at);
    servers.push_back(std::move(one));
  }
  const bool is_ready = ready();
  const auto* status = !is_ready ? "starting" : degraded ? "degraded" : "ready";
  // Where clients must authenticate, who does not learns no more than that.
  const bool open = entrance.unix_socket || context_.config.gateway.tokens.empty();
  Json body = {{"status", status}};
  if (open) body["servers"] = std::move(servers);
  answer(exchange, body, is_ready ? 200 : 503);
}

void Api::admin(const net::RequestHead& head, const ExchangeRef& exchange) {
  const auto path = head.path.substr(kPrefix.size());
  if (path == "status" && head.method == "GET")
    return exchange->respond(200, gateway::kJsonHeaders, status());
  if (path == "down" && head.method == "POST") {
    answer(exchange, Json::object(), 202);
    return facts_.shut_down();
  }
  if (path.starts_with("servers/")) return server(head, path.substr(8), exchange);
  refuse_unknown(exchange, head);
}

void Api::server(const net::RequestHead& head, std::string_view rest, const ExchangeRef& exchange) {
  const auto name = rest.substr(0, rest.find('/'));
  const auto action = rest.substr(std::min(name.size() + 1, rest.size()));
  const auto& servers = context_.config.servers;
  const auto found = std::ranges::find(servers, name, &config::Server::name);
  if (found == servers.end()) {
    std::vector<std::string_view> names;
    for (const auto& one : servers) names.emplace_back(one.name);
    const auto near = base::nearest(name, names);
    return refuse(
        exchange,
        base::fail(base::Code::kNotFound,
                   fmt::format("no server is called '{}'", base::json_escape(name)),
                   near ? fmt::format("did you mean '{}'?", *near) : "gantry server ls lists them")
            .error());
  }
  const auto at = static_cast<std::size_t>(found - servers.begin());
  if (action.empty() && head.method == "GET") return answer(exchange, server_facts(context_, at));
  if (action == "restart" && head.method == "POST") {
    context_.fleet.restart(at);
    return answer(exchange, Json::object(), 202);
  }
  if (action == "logs" && head.method == "GET") return logs(at, head.query, exchange);
  refuse_unknown(exchange, head);
}

void Api::logs(std::size_t server, std::string_view query, const ExchangeRef& exchange) {
  const auto& log = context_.fleet.facts(server).log;
  const auto wanted =
      base::parse_number(parameter(query, "lines").value_or("")).value_or(kDefaultLines);
  const auto skip = log.size() > wanted ? log.size() - wanted : 0;
  auto lines = Json::array();
  for (auto line = log.begin() + static_cast<std::ptrdiff_t>(skip); line != log.end(); ++line) {
    lines.push_back({{"at", line->at}, {"text", line->text}});
  }
  if (!parameter(query, "follow")) return answer(exchange, {{"lines", lines}});
  exchange->begin_stream(200, gateway::kEventHeaders);
  std::string events;
  for (const auto& line : lines) net::append_event(events, "", one_line(line));
  exchange->write(events);
  followers_.push_back({.server = server, .exchange = exchange});
}

std::string Api::status() const {
  Json out = {
      {"version", facts_.version},
      {"pid", ::getpid()},
      {"uptime_ms",
       std::chrono::duration_cast<base::Millis>(base::Clock::now() - facts_.started).count()},
      {"endpoint", facts_.endpoint},
      {"endpoints", facts_.listeners},
      {"config", facts_.config_file},
      {"ready", ready()},
      {"loops", facts_.loops},
      {"sessions", context_.sessions.load()},
      {"streams", context_.streams.load()},
      {"in_flight", context_.in_flight.load()},
      {"connections", facts_.counts->connections.load()},
      {"requests", facts_.counts->requests.load()},
      {"refused_requests", facts_.counts->refused.load()},
      {"cut_off_clients", facts_.counts->cut_off.load()},
      {"dropped_answers", context_.dropped_answers.load()},
      {"resident_bytes", resident_bytes()},
      {"servers", Json::array()},
      {"uri_conflicts", Json::array()}};
  for (std::size_t at = 0; at < context_.config.servers.size(); ++at)
    out["servers"].push_back(server_facts(context_, at));
  for (const auto& conflict : context_.catalogue.plain(0)->conflicts) {
    out["uri_conflicts"].push_back({{"uri", conflict.cause}, {"servers", {conflict.server}}});
  }
  return dump(out);
}

void Api::end() {
  for (const auto& follower : std::exchange(followers_, {})) {
    if (follower.exchange->alive()) follower.exchange->finish();
  }
}

}  // namespace gantry::admin
