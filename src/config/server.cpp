#include "config/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "config/checks.h"
#include "config/fingerprint.h"
#include "config/keys.h"
#include "config/launch.h"
#include "config/roots.h"
#include "config/section.h"

namespace gantry::config {
namespace {

using document::Mark;
using document::Node;

constexpr std::array<std::string_view, 10> kOwn = {
    "command", "args",      "env",          "cwd",   "url",
    "headers", "transport", "tools.rename", "roots", "labels"};
constexpr std::array<std::string_view, 12> kLater = {"image",  "build",      "volumes", "network",
                                                     "memory", "cpus",       "egress",  "replicas",
                                                     "health", "tools.risk", "era",     "register"};
constexpr std::array<Synonym, 9> kSynonyms = {
    Synonym{"type", "transport"},   Synonym{"serverUrl", "url"},   Synonym{"httpUrl", "url"},
    Synonym{"uri", "url"},          Synonym{"environment", "env"}, Synonym{"cmd", "command"},
    Synonym{"timeout", "timeouts"}, Synonym{"workdir", "cwd"},     Synonym{"arguments", "args"}};

const Row<Server>* find_row(std::string_view key) {
  const auto rows = server_rows();
  const auto found = std::ranges::find(rows, key, &Row<Server>::key);
  return found == rows.end() ? nullptr : &*found;
}

void read_rename(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".tools.rename";
  if (!scope.is_mapping(value, path)) return;
  std::set<std::string> taken;
  for (const auto& [name, mark, inner] : value.entries) {
    auto text = scope.text(inner, fmt::format("{}.{}", path, name));
    if (!text) continue;
    draft.shown.push_back({"tools.rename." + name, *text, scope.report().at(inner.mark)});
    if (auto good = check_tool_name(*text); !good) {
      scope.problem(inner.mark, path, good.error());
    } else if (!taken.insert(*text).second) {
      scope.problem(inner.mark, fmt::format("{}: two tools become '{}'", path, *text));
    } else {
      draft.server.tools.rename.insert_or_assign(name, *std::move(text));
    }
  }
}

void read_labels(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".labels";
  if (!scope.is_mapping(value, path)) return;
  for (const auto& [name, mark, inner] : value.entries) {
    auto text = scope.text(inner, fmt::format("{}.{}", path, name));
    if (!text) continue;
    draft.shown.push_back({"labels." + name, *text, scope.report().at(inner.mark)});
    draft.server.labels.insert_or_assign(name, *std::move(text));
  }
}

void read_key(std::string_view key, const Node& value, Draft& draft, Scope& scope) {
  draft.given.emplace(key, value.mark);
  if (const auto* row = find_row(key); row != nullptr) {
    put_node(*row, value, fmt::format("{}.{}", draft.path, key), scope, draft.server);
  } else if (key == "tools.rename") {
    read_rename(value, draft, scope);
  } else if (key == "roots") {
    read_roots(value, draft, scope);
  } else if (key == "labels") {
    read_labels(value, draft, scope);
  } else {
    read_launch(key, value, draft, scope);
  }
}

/// The place of the first of `keys` that the entry names.
Mark place(const Draft& draft, std::initializer_list<std::string_view> keys, Mark otherwise) {
  for (const auto key : keys) {
    const auto found = draft.given.find(key);
    if (found != draft.given.end()) return found->second;
  }
  return otherwise;
}

void check_agreement(Mark mark, Draft& draft, Scope& scope) {
  auto& server = draft.server;
  const auto above = [&](std::string_view low, Millis small, std::string_view high, Millis large) {
    if (small <= large) return;
    scope.problem(place(draft, {low, high}, mark),
                  fmt::format("{}.{}: {} is above {} ({})", draft.path, low,
                              base::format_duration(small), high, base::format_duration(large)),
                  fmt::format("raise {} too", high));
  };
  above("timeouts.call", server.timeouts.call, "timeouts.call_max", server.timeouts.call_max);
  above("restart.first", server.restart.first, "restart.most", server.restart.most);
  if (!server.roots.from_client) return;
  if (server.share == Share::kShared) {
    scope.problem(place(draft, {"share"}, mark),
                  fmt::format("{}.share: shared does not fit roots: client", draft.path),
                  "each client has its own roots: leave share out");
  }
  server.share = Share::kSession;
}

std::vector<Setting> settings_of(const Draft& draft, const Report& report) {
  std::vector<Setting> out;
  for (const auto& each : draft.shown)
    out.push_back({fmt::format("{}.{}", draft.path, each.key), each.value, each.origin});
  for (const auto& row : server_rows()) {
    const auto given = draft.given.find(row.key);
    auto origin = given == draft.given.end() ? "default" : report.at(given->second);
    if (row.key == "share" && draft.server.roots.from_client)
      origin = report.at(place(draft, {"share", "roots"}, {}));
    out.push_back(
        {fmt::format("{}.{}", draft.path, row.key), row.print(draft.server), std::move(origin)});
  }
  return out;
}

}  // namespace

Server read_server(const Entry& entry, Fate fate, const Interpolator& variables, Report& report,
                   std::vector<Setting>& settings) {
  Draft draft;
  draft.path = fmt::format("servers.{}", entry.name);
  draft.server.name = entry.name;
  draft.server.where = report.at(entry.mark);
  Scope scope(report, variables, fate, &draft.server.broken);

  if (scope.is_mapping(entry.node, draft.path)) {
    KeySet keys{.leaves = {kOwn.begin(), kOwn.end()}, .later = kLater, .synonyms = kSynonyms};
    for (const auto& row : server_rows()) keys.leaves.push_back(row.key);
    walk(entry.node, draft.path, keys, scope,
         [&](std::string_view key, const Node& value) { read_key(key, value, draft, scope); });
  }
  draft.command.env.insert(entry.more.begin(), entry.more.end());
  const bool clean = scope.count() == 0;
  finish_launch(entry.mark, clean ? Completeness::kRequired : Completeness::kWhatIsThere, draft,
                scope);
  check_agreement(entry.mark, draft, scope);
  draft.server.fingerprint = fingerprint(draft.server);
  std::ranges::move(settings_of(draft, report), std::back_inserter(settings));
  return std::move(draft.server);
}

}  // namespace gantry::config
