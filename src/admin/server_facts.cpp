#include "admin/server_facts.h"

#include <nlohmann/json.hpp>

namespace gantry::admin {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLastLines = 5;

std::string target(const config::Server& server) {
  if (const auto* remote = std::get_if<config::Remote>(&server.kind)) return remote->url;
  const auto& command = std::get<config::Command>(server.kind);
  auto text = command.program;
  for (const auto& argument : command.args) text.append(" ").append(argument);
  return text;
}

std::string_view share_name(config::Share share) {
  switch (share) {
    case config::Share::kAuto:
      return "auto";
    case config::Share::kShared:
      return "shared";
    case config::Share::kSession:
      return "session";
  }
  return "auto";
}

std::int64_t age_of(std::int64_t since_ms) {
  const auto now =
      std::chrono::duration_cast<base::Millis>(base::Clock::now().time_since_epoch()).count();
  return now - since_ms;
}

Json instances_of(const fabric::ServerFacts& facts) {
  auto all = Json::array();
  for (const auto& one : facts.instances) {
    const auto& known = one->facts();
    all.push_back({{"id", one->spec().id},
                   {"serves", one->spec().key},
                   {"pid", known.pid.load()},
                   {"state", fabric::name(known.state)},
                   {"sessions", known.sessions.load()},
                   {"in_flight", known.in_flight.load()},
                   {"restarts", known.restarts.load()},
                   {"since_ms", age_of(known.since_ms)}});
  }
  return all;
}

}  // namespace

Json server_facts(gateway::SessionContext& context, std::size_t server) {
  const auto& config = context.config.servers[server];
  const auto& facts = context.fleet.facts(server);
  std::uint64_t restarts = 0;
  std::size_t waiting = 0;
  for (const auto& one : facts.instances) {
    restarts += one->facts().restarts;
    waiting += one->facts().waiting_turns;
  }
  auto last = Json::array();
  for (std::size_t at = facts.log.size() - std::min(facts.log.size(), kLastLines);
       at < facts.log.size(); ++at) {
    last.push_back(facts.log[at].text);
  }
  const auto* lists = facts.lists.get();
  const bool remote = std::holds_alternative<config::Remote>(config.kind);
  Json out = {{"name", config.name},
              {"kind", remote ? "remote" : "command"},
              {"target", target(config)},
              {"state", fabric::name(facts.state)},
              {"cause", facts.cause},
              {"hint", facts.hint},
              {"next_try_ms", nullptr},
              {"lists", lists == nullptr ? "none"
                        : lists->stored  ? "stored"
                                         : "live"},
              {"tools", lists == nullptr ? 0 : lists->tools.size()},
              {"resources", lists == nullptr ? 0 : lists->resources.size()},
              {"prompts", lists == nullptr ? 0 : lists->prompts.size()},
              {"share", share_name(config.share)},
              {"asks_client", facts.asks_client},
              {"restarts", restarts},
              {"garbage_lines", facts.garbage},
              {"instances", instances_of(facts)},
              {"last_stderr", std::move(last)},
              {"instance_limit_waiting", waiting},
              {"protocol_version", ""},
              {"server_info", Json::object()}};
  if (facts.next_try) {
    const auto left =
        std::chrono::duration_cast<base::Millis>(*facts.next_try - base::Clock::now()).count();
    out["next_try_ms"] = std::max<std::int64_t>(left, 0);
  }
  const auto said = Json::parse(lists == nullptr ? "{}" : lists->initialize, nullptr, false);
  if (said.is_object()) {
    out["protocol_version"] = said.value("protocolVersion", "");
    out["server_info"] = said.value("serverInfo", Json::object());
  }
  return out;
}

}  // namespace gantry::admin
