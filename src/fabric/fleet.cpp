#include "fabric/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/version.h"
#include "observe/log.h"

namespace gantry::fabric {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kKeptLines = 200;
/// Sets of client capabilities whose lists are kept, a server.
constexpr std::size_t kMostClasses = 64;
constexpr std::string_view kLearned = "learned.json";
constexpr std::string_view kNothing = "{}";
constexpr std::string_view kShared = "shared";
constexpr std::string_view kTurns = "turns";

std::string our_info() {
  return fmt::format(R"({{"name":"gantry","version":"{}"}})", base::version());
}

Json parsed(const std::string& text) {
  auto value = Json::parse(text, nullptr, false);
  return value.is_object() ? value : Json::object();
}

}  // namespace

Fleet::Fleet(std::vector<async::Loop*> loops, runtime::Tools tools,
             const std::vector<config::Server>& servers, FleetLimits limits,
             std::filesystem::path state_folder)
    : loops_(std::move(loops)),
      tools_(std::move(tools)),
      servers_(servers),
      limits_(limits),
      state_folder_(std::move(state_folder)),
      facts_(servers.size()),
      lists_(servers.size()) {
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    facts_[at].lists = load(state_folder_ / "lists", servers_[at].name, servers_[at].fingerprint);
  }
  load_learned();
}

Fleet::~Fleet() = default;

std::string Fleet::declared(const config::Server& server, const std::string& capabilities) {
  auto wanted = server.share == config::Share::kShared ? Json::object() : parsed(capabilities);
  const bool client_has_roots = wanted.contains("roots");
  if (server.roots.from_client ? !client_has_roots : server.roots.fixed.empty()) {
    wanted.erase("roots");
  } else if (!server.roots.from_client) {
    wanted["roots"] = Json::object();
  }
  return wanted.dump();
}

std::string Fleet::key_for(const Want& want, const std::string& capabilities) const {
  const auto& server = servers_[want.server];
  const bool local = std::holds_alternative<config::Command>(server.kind);
  const bool own =
      server.share == config::Share::kSession || server.roots.from_client ||
      (server.share == config::Share::kAuto && facts_[want.server].asks_client && want.can_answer);
  if (own && want.client) return fmt::format("session:{}", want.client->number());
  if (server.share == config::Share::kShared) return std::string(kShared);
  // A remote instance is a session only: one a loop saves its calls the way between loops.
  const int loop = local || !want.client ? 0 : want.client->loop().index();
  return fmt::format("class:{}:{}", loop, capabilities);
}

Fleet::InstanceRef Fleet::find(std::size_t server, const std::string& key) const {
  for (const auto& one : facts_[server].instances) {
    if (one->spec().key == key) return one;
  }
  return nullptr;
}

std::size_t Fleet::count() const {
  std::size_t all = 0;
  for (const auto& one : facts_) all += one.instances.size();
  return all;
}

void Fleet::acquire(Want want, Acquired then) {
  loop().dispatch([this, wanted = std::move(want), done = std::move(then)]() mutable {
    auto picked = pick(wanted);
    if (picked) {
      ++clients_[picked->get()];
      (*picked)->attach(wanted.client);
      (*picked)->start();
    }
    auto& back = wanted.client->loop();
    back.dispatch([after = std::move(done), given = std::move(picked)]() mutable {
      after(std::move(given));
    });
  });
}

base::Result<Fleet::InstanceRef> Fleet::pick(const Want& want) {
  const auto& server = servers_[want.server];
  if (stopping_) return base::fail(base::Code::kUnavailable, "the gateway is stopping");
  if (server.broken) {
    auto error = *server.broken;
    return std::unexpected(std::move(error).within(fmt::format("server '{}'", server.name)));
  }
  const auto capabilities = declared(server, want.capabilities);
  const auto key = key_for(want, capabilities);
  if (auto found = find(want.server, key)) return found;
  return make(want, key, capabilities, key.starts_with("session:"));
}

base::Result<Fleet::InstanceRef> Fleet::make(const Want& want, std::string key,
                                             std::string capabilities, bool of_client) {
  const auto& server = servers_[want.server];
  auto& instances = facts_[want.server].instances;
  if (count() >= limits_.instances || instances.size() >= limits_.a_server) make_room(want.server);
  // The last place is for one that everybody who comes later shares, one session's calls at a time.
  const bool last = count() + 1 >= limits_.instances || instances.size() + 1 >= limits_.a_server;
  const bool turns = last && key != kShared;
  if (turns) {
    if (auto found = find(want.server, std::string(kTurns))) return found;
    key = kTurns;
    capabilities = declared(server, std::string(kNothing));
    of_client = false;
  }
  if (count() >= limits_.instances || instances.size() >= limits_.a_server) {
    return base::fail(
        base::Code::kLimit,
        fmt::format("limits.instances: no instance of '{}' can be started, none is idle",
                    server.name),
        "raise gateway.limits.instances");
  }
  InstanceSpec spec{.server = &server,
                    .server_index = want.server,
                    .id = fmt::format("{}/{}", server.name, next_instance_++),
                    .key = std::move(key),
                    .class_key = capabilities,
                    .capabilities = std::move(capabilities),
                    .client_info = of_client ? want.client_info : our_info(),
                    .take_turns = turns};
  auto& home = want.client && (of_client || std::holds_alternative<config::Remote>(server.kind))
                   ? want.client->loop()
                   : *loops_[next_loop_++ % loops_.size()];
  // Whoever lets go of it last: it ends on its own loop.
  const std::shared_ptr<Instance> made(
      new Instance(home, tools_, std::move(spec), *this),
      [&home](Instance* one) { home.dispatch([owned = std::unique_ptr<Instance>(one)] {}); });
  instances.push_back(made);
  return made;
}

/// Ends the instance that was idle the longest; where the server's own limit is reached, one of its
/// own.
void Fleet::make_room(std::size_t server) {
  const bool own = facts_[server].instances.size() >= limits_.a_server;
  InstanceRef oldest;
  for (std::size_t at = 0; at < facts_.size(); ++at) {
    if (own && at != server) continue;
    for (const auto& one : facts_[at].instances) {
      const auto held = clients_.find(one.get());
      if ((held != clients_.end() && held->second > 0) || one->facts().in_flight > 0) continue;
      if (!oldest || one->facts().last_used_ms < oldest->facts().last_used_ms) oldest = one;
    }
  }
  if (oldest) forget(oldest);
}

void Fleet::forget(const InstanceRef& instance) {
  const auto server = instance->spec().server_index;
  auto& facts = facts_[server];
  std::erase(facts.instances, instance);
  clients_.erase(instance.get());
  // Its failure goes with it, where the server is known to work otherwise.
  if (facts.lists && instance->facts().state == State::kFailed) facts.cause.clear();
  ending_.push_back(instance);
  instance->stop([this, instance] {
    loop().dispatch([this, instance] {
      std::erase(ending_, instance);
      if (stopping_ && ending_.empty() && stopped_) std::exchange(stopped_, nullptr)();
    });
  });
}

void Fleet::release(std::shared_ptr<Instance> instance, ClientRef client) {
  instance->detach(client);
  loop().dispatch([this, one = std::move(instance), gone = std::move(client)] {
    if (const auto held = clients_.find(one.get()); held != clients_.end() && held->second > 0) {
      --held->second;
    }
    // An instance of a session ends with it; others wait for their idle time.
    if (!stopping_ && one->spec().key == fmt::format("session:{}", gone->number())) forget(one);
  });
}

void Fleet::start() {
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    if (servers_[at].broken) {
      facts_[at].state = State::kFailed;
      facts_[at].cause = servers_[at].broken->text();
      facts_[at].hint = servers_[at].broken->hint;
      if (observer_ != nullptr) observer_->on_server_state(at);
    } else if (servers_[at].start == config::Start::kEager || !facts_[at].lists) {
      learn(at);
    }
  }
}

void Fleet::learn(std::size_t server) {
  auto made = pick({.server = server,
                    .client = nullptr,
                    .capabilities = std::string(kNothing),
                    .client_info = our_info(),
                    .can_answer = false});
  if (made) (*made)->start();
}

void Fleet::stop(async::Task then) {
  stopping_ = true;
  for (auto& server : facts_) {
    while (!server.instances.empty()) forget(InstanceRef(server.instances.back()));
  }
  // Only now: some end at once, and the first of them must not end it all.
  stopped_ = std::move(then);
  if (ending_.empty() && stopped_) std::exchange(stopped_, nullptr)();
}

void Fleet::restart(std::size_t server) {
  for (const auto& one : facts_[server].instances) one->restart();
  if (facts_[server].instances.empty() && !servers_[server].broken) learn(server);
}

ListsRef Fleet::lists(std::size_t server, const std::string& class_key) const {
  const auto found = lists_[server].find(class_key);
  return found != lists_[server].end() ? found->second : facts_[server].lists;
}

bool Fleet::has_lists_of(std::size_t server, const std::string& class_key) const {
  return lists_[server].contains(class_key);
}

bool Fleet::settled(std::size_t server) const {
  return facts_[server].lists != nullptr || failing(server);
}

bool Fleet::failing(std::size_t server) const { return !facts_[server].cause.empty(); }

void Fleet::on_state(Instance& instance, State state, const base::Error& cause,
                     base::Millis next_try) {
  loop().dispatch([this, server = instance.spec().server_index, why = cause, state,
                   due = base::Clock::now() + next_try] {
    auto& facts = facts_[server];
    if (state == State::kFailed || state == State::kReady) {
      facts.cause = state == State::kFailed ? why.text() : "";
      facts.hint = state == State::kFailed ? why.hint : "";
      facts.next_try = state == State::kFailed ? std::optional(due) : std::nullopt;
    }
    summarize(server);
    if (observer_ != nullptr) observer_->on_server_state(server);
  });
}

/// A server is what the best of its instances is.
void Fleet::summarize(std::size_t server) {
  auto& facts = facts_[server];
  constexpr std::array kOrder = {State::kReady, State::kStarting, State::kFailed, State::kStopping,
                                 State::kIdle};
  for (const auto state : kOrder) {
    const auto is = [&](const auto& one) { return one->facts().state == state; };
    if (std::ranges::any_of(facts.instances, is)) {
      // A new try of a server that fails is no news until it has come up.
      facts.state = state == State::kStarting && failing(server) ? State::kFailed : state;
      return;
    }
  }
  facts.state = State::kIdle;
}

void Fleet::on_lists(Instance& instance, ListsRef lists) {
  loop().dispatch([this, server = instance.spec().server_index, key = instance.spec().class_key,
                   read = std::move(lists)] {
    auto& classes = lists_[server];
    if (classes.size() >= kMostClasses && !classes.contains(key)) classes.erase(classes.begin());
    classes[key] = read;
    facts_[server].lists = read;
    facts_[server].cause = read->failure;
    if (read->failure.empty()) keep_lists(server, read);
    if (observer_ != nullptr) observer_->on_lists(server, key);
  });
}

/// For the next run. A list that is not whole is not kept.
void Fleet::keep_lists(std::size_t server, const ListsRef& lists) const {
  const auto& config = servers_[server];
  tools_.offload->run(
      [folder = state_folder_ / "lists", name = config.name, print = config.fingerprint, lists] {
        if (auto stored = store(folder, name, print, *lists); !stored) {
          observe::warn("lists.not_stored", {{"server", name}, {"cause", stored.error().text()}});
        }
      });
}

void Fleet::on_asks_client(Instance& instance) {
  loop().dispatch([this, server = instance.spec().server_index] {
    if (std::exchange(facts_[server].asks_client, true)) return;
    observe::info("server.asks_client", {{"server", servers_[server].name}});
    save_learned();
  });
}

void Fleet::on_log_line(Instance& instance, std::string_view line) {
  observe::debug(
      "server.log",
      {{"server", instance.spec().server->name}, {"instance", instance.spec().id}, {"text", line}});
  loop().dispatch([this, server = instance.spec().server_index,
                   kept = LogLine{.at = base::timestamp(std::chrono::system_clock::now()),
                                  .text = std::string(line)}] {
    auto& log = facts_[server].log;
    log.push_back(kept);
    if (log.size() > kKeptLines) log.pop_front();
    if (log_listener_) log_listener_(server, kept);
  });
}

void Fleet::on_garbage(Instance& instance) {
  loop().dispatch([this, server = instance.spec().server_index] { ++facts_[server].garbage; });
}

void Fleet::save_learned() const {
  auto asks = Json::object();
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    if (facts_[at].asks_client) asks[servers_[at].fingerprint] = true;
  }
  tools_.offload->run([path = state_folder_ / kLearned, text = Json{{"asks_client", asks}}.dump()] {
    if (auto written = base::write_file(path, text); !written) {
      observe::warn("learned.not_stored", {{"cause", written.error().text()}});
    }
  });
}

void Fleet::load_learned() {
  const auto text = base::read_file(state_folder_ / kLearned);
  if (!text) return;
  const auto learned = parsed(*text);
  const auto asks = learned.find("asks_client");
  if (asks == learned.end() || !asks->is_object()) return;
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    facts_[at].asks_client = asks->contains(servers_[at].fingerprint);
  }
}

}  // namespace gantry::fabric
