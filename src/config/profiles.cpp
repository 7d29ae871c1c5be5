#include "config/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/checks.h"
#include "config/keys.h"

namespace gantry::config {
namespace {

using document::Kind;
using document::Node;
constexpr std::array<std::string_view, 1> kLater = {"environment"};

void add_servers(const Node& list, const std::string& path, std::span<const Server> servers,
                 Profile& profile, Scope& scope) {
  std::vector<std::string_view> known;
  for (const auto& server : servers) known.emplace_back(server.name);
  for (auto& item : scope.list(list, path)) {
    if (std::ranges::find(known, item.text) == known.end()) {
      scope.problem(item.mark, fmt::format("{}: there is no server '{}'", path, item.text),
                    suggest(item.text, known));
    } else if (std::ranges::find(profile.servers, item.text) != profile.servers.end()) {
      scope.problem(item.mark, fmt::format("{}: '{}' is there twice", path, item.text),
                    "keep one of them");
    } else {
      profile.servers.push_back(std::move(item.text));
    }
  }
}

}  // namespace

std::vector<Profile> read_profiles(const Node& section, std::span<const Server> servers,
                                   Scope& scope) {
  std::vector<Profile> profiles;
  if (!scope.is_mapping(section, "profiles")) return profiles;
  for (const auto& [name, mark, value] : section.entries) {
    const auto path = fmt::format("profiles.{}", name);
    if (auto good = check_name(name); !good) scope.problem(mark, "profiles", good.error());
    Profile profile{.name = name, .servers = {}};
    if (value.kind != Kind::kMapping) {
      add_servers(value, path, servers, profile, scope);
    } else {
      walk(value, path, {.leaves = {"servers"}, .later = kLater}, scope,
           [&](std::string_view, const Node& list) {
             add_servers(list, path + ".servers", servers, profile, scope);
           });
    }
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

}  // namespace gantry::config
