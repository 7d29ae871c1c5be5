#include "gateway/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/strings.h"
#include "mcp/envelope.h"

namespace gantry::gateway {
namespace {

using Json = nlohmann::json;
using fabric::Lists;

constexpr std::size_t kHashDigits = 8;

/// FNV-1a, 32 bits: stable over runs and machines.
std::uint32_t stable_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

/// `*` matches any run. Going back to the last star alone is enough, so the time is bounded by the
/// product of both lengths.
bool matches_glob(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t place = 0;
  auto star = std::string_view::npos;
  std::size_t after_star = 0;  // where in the text what follows the star is tried
  while (at < text.size()) {
    if (place < pattern.size() && pattern[place] == '*') {
      star = place++;
      after_star = at;
    } else if (place < pattern.size() && pattern[place] == text[at]) {
      ++place;
      ++at;
    } else if (star != std::string_view::npos) {
      place = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', place) == std::string_view::npos;
}

/// Moves every place past a literal, or takes it away where the literal does not follow.
void pass_literal(std::vector<char>& places, std::string_view uri, std::string_view literal) {
  const auto size = literal.size();
  if (size == 0) return;
  for (auto at = places.size(); at > 0; --at) {
    const auto end = at - 1;
    const bool follows =
        end >= size && places[end - size] != 0 && uri.compare(end - size, size, literal) == 0;
    places[end] = follows ? 1 : 0;
  }
}

void append_item(std::string& list, const mcp::ListItem& item, std::string_view raw_key) {
  list.append(list.size() > 1 ? "," : "");
  list.append(std::string_view(item.raw).substr(0, item.key_span.begin)).append(raw_key);
  list.append(std::string_view(item.raw).substr(item.key_span.end));
}

/// Puts together what one endpoint shows.
class Builder {
 public:
  Builder(const fabric::Fleet& fleet, std::size_t names_max)
      : fleet_(fleet), names_max_(names_max) {
    for (auto& list : made_->lists) list = "[";
  }

  void add(std::size_t server, const std::string& class_key) {
    const auto& config = fleet_.servers()[server];
    const auto lists = fleet_.lists(server, class_key);
    const auto& facts = fleet_.facts(server);
    const bool failed = fleet_.failing(server);
    if (!fleet_.has_lists_of(server, class_key) && !config.broken) {
      made_->unknown.push_back(server);
      if (!failed) made_->waiting = true;
    }
    if (!lists) {
      made_->missing.push_back({.server = config.name,
                                .cause = failed ? facts.cause : "it is still starting",
                                .starting = facts.state == fabric::State::kStarting ||
                                            facts.state == fabric::State::kReady});
      return;
    }
    if (failed)
      made_->missing.push_back({.server = config.name, .cause = facts.cause, .starting = false});
    add_named(server, lists->tools, 0, made_->tools);
    add_named(server, lists->prompts, 1, made_->prompts);
    for (const auto& item : lists->resources) add_resource(server, item);
    for (const auto& item : lists->templates) {
      made_->templates.push_back({.server = server, .name = base::json_quote(item.key)});
      append_item(made_->lists[3], item, item.key_span.in(item.raw));
    }
    for (std::size_t kind = 0; kind < lists->announced.size(); ++kind) {
      made_->announced.at(kind) += lists->announced.at(kind);
    }
    add_facts(config, lists->initialize);
  }

  SnapshotRef finish() {
    for (auto& list : made_->lists) list += "]";
    made_->capabilities = capabilities_.dump();
    return std::move(made_);
  }

 private:
  void add_named(std::size_t server, const std::vector<mcp::ListItem>& items, std::size_t kind,
                 Routes& routes) {
    const auto& config = fleet_.servers()[server];
    for (const auto& item : items) {
      if (kind == 0 && !allowed(config.tools, item.key)) continue;
      auto name = merged_name(config.name, item.key, names_max_);
      if (const auto renamed = config.tools.rename.find(item.key);
          kind == 0 && renamed != config.tools.rename.end()) {
        name = renamed->second;
      }
      if (!routes.try_emplace(name, Route{.server = server, .name = base::json_quote(item.key)})
               .second) {
        made_->conflicts.push_back({.server = config.name, .cause = name, .starting = false});
        continue;
      }
      append_item(made_->lists.at(kind), item, base::json_quote(name));
    }
  }

  void add_resource(std::size_t server, const mcp::ListItem& item) {
    const auto& config = fleet_.servers()[server];
    auto uri = item.key;
    const Route route{.server = server, .name = base::json_quote(item.key)};
    const auto [taken, fresh] = made_->resources.try_emplace(uri, route);
    if (!fresh) {
      if (taken->second.server == server) return;
      made_->conflicts.push_back({.server = config.name, .cause = uri, .starting = false});
      uri = fmt::format("gantry://{}/{}", config.name, base::percent_encode(uri));
      made_->resources.try_emplace(uri, route);
      made_->seen_uris[{server, item.key}] = uri;
    }
    append_item(made_->lists[2], item, base::json_quote(uri));
  }

  void add_facts(const config::Server& config, const std::string& initialize) {
    const auto said = Json::parse(initialize, nullptr, false);
    if (!said.is_object()) return;
    if (const auto found = said.find("instructions"); found != said.end() && found->is_string()) {
      made_->instructions += fmt::format("{}# {}\n{}\n", made_->instructions.empty() ? "" : "\n",
                                         config.name, found->get<std::string>());
    }
    const auto offered = said.value("capabilities", Json::object());
    if (!offered.is_object()) return;
    for (const std::string name : {"tools", "prompts", "resources"}) {
      if (offered.contains(name)) capabilities_[name]["listChanged"] = true;
    }
    for (const std::string name : {"logging", "completions"}) {
      if (offered.contains(name)) capabilities_[name] = Json::object();
    }
    const auto resources = offered.value("resources", Json::object());
    if (resources.is_object() && resources.value("subscribe", Json()) == true)
      capabilities_["resources"]["subscribe"] = true;
    for (const std::string name : {"tasks", "experimental"}) {
      if (offered.contains(name) && offered[name].is_object())
        capabilities_[name].update(offered[name], true);
    }
  }

  const fabric::Fleet& fleet_;
  std::size_t names_max_;
  std::shared_ptr<Snapshot> made_ = std::make_shared<Snapshot>();
  Json capabilities_ = Json::object();
};

}  // namespace

std::vector<Endpoint> endpoints(const config::Config& config) {
  const auto index_of = [&](const std::string& name) {
    const auto found = std::ranges::find(config.servers, name, &config::Server::name);
    return static_cast<std::size_t>(found - config.servers.begin());
  };
  std::vector<Endpoint> all = {{.path = "/mcp", .merged = true, .servers = {}}};
  for (std::size_t at = 0; at < config.servers.size(); ++at) {
    all.front().servers.push_back(at);
    all.push_back({.path = fmt::format("/servers/{}/mcp", config.servers[at].name),
                   .merged = false,
                   .servers = {at}});
  }
  for (const auto& profile : config.profiles) {
    auto& made = all.emplace_back(Endpoint{
        .path = fmt::format("/profiles/{}/mcp", profile.name), .merged = true, .servers = {}});
    for (const auto& server : profile.servers) made.servers.push_back(index_of(server));
  }
  return all;
}

SnapshotRef build(const Endpoint& endpoint, const fabric::Fleet& fleet,
                  const std::string& capabilities, std::size_t names_max) {
  Builder builder(fleet, names_max);
  for (const auto server : endpoint.servers) {
    builder.add(server, fabric::Fleet::declared(fleet.servers()[server], capabilities));
  }
  return builder.finish();
}

std::string merged_name(std::string_view server, std::string_view name, std::size_t most) {
  auto merged = fmt::format("{}__{}", server, name);
  const auto hash = fmt::format("_{:08x}", stable_hash(merged));
  // What models take: letters, digits, _ and -.
  const auto odd = [](char c) {
    return c != '_' && c != '-' && std::isalnum(static_cast<unsigned char>(c)) == 0;
  };
  const bool plain = std::ranges::none_of(merged, odd);
  if (plain && merged.size() <= most) return merged;
  std::ranges::replace_if(merged, odd, '_');
  merged.resize(std::min(merged.size(), most > kHashDigits + 1 ? most - kHashDigits - 1 : 0));
  return merged + hash;
}

bool allowed(const config::ToolRules& rules, std::string_view tool) {
  const auto hits = [&](const std::string& pattern) { return matches_glob(tool, pattern); };
  if (std::ranges::any_of(rules.deny, hits)) return false;
  return rules.allow.empty() || std::ranges::any_of(rules.allow, hits);
}

bool matches_template(std::string_view uri, std::string_view pattern) {
  // The places in the URI that the pattern can have come to so far; each of its parts moves them
  // all, so the time is bounded by the product of both lengths.
  std::vector<char> places(uri.size() + 1, 0);
  places[0] = 1;
  while (!pattern.empty()) {
    const auto open = pattern.find('{');
    const auto close = open == std::string_view::npos ? open : pattern.find('}', open);
    const auto literal = pattern.substr(0, close == std::string_view::npos ? close : open);
    pass_literal(places, uri, literal);
    if (close == std::string_view::npos) break;
    // A simple expression stands for no '/'; +, #, / and others may.
    const bool simple = close > open + 1 && std::string_view("+#./;?&").find(pattern[open + 1]) ==
                                                std::string_view::npos;
    for (std::size_t at = 0; at < uri.size(); ++at) {
      if (places[at] != 0 && !(simple && uri[at] == '/')) places[at + 1] = 1;
    }
    pattern.remove_prefix(close + 1);
  }
  return places.back() != 0;
}

}  // namespace gantry::gateway
