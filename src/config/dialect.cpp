#include "config/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "config/client_entry.h"
#include "config/server.h"

namespace gantry::config {
namespace {

using document::Node;

/// A file with one of these is Gantry's own. Not all of our keys: a client may well have its
/// `agents` or `secrets`.
constexpr std::array<std::string_view, 8> kOurs = {"gateway", "profiles", "routes",    "policy",
                                                   "observe", "catalog",  "discovery", "register"};

struct KnownFile {
  std::string_view name;
  std::string_view folder;  ///< empty: any
  Variables variables;
  bool timeout_in_seconds;
};
constexpr std::array kFiles = {
    KnownFile{".mcp.json", "", Variables::kClaudeCode, false},
    KnownFile{".claude.json", "", Variables::kClaudeCode, false},
    KnownFile{"mcp.json", ".cursor", Variables::kCursor, false},
    KnownFile{"cline_mcp_settings.json", "", Variables::kNone, true},
    KnownFile{"mcp_settings.json", "", Variables::kNone, true},
};

/// A workspace keeps its file in .vscode or .cursor; paths start from the workspace.
std::filesystem::path workspace_of(const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  const bool inside = folder.filename() == ".vscode" || folder.filename() == ".cursor";
  return inside ? folder.parent_path() : folder;
}

/// "My Files" → "My-Files"; never empty, never one of `taken`.
std::string allowed_name(std::string_view name, const std::set<std::string>& taken) {
  constexpr std::size_t kMost = 64;
  std::string out;
  for (const char c : name) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    const char next = good ? c : '-';
    const bool again = !out.empty() && out.back() == next && (next == '_' || !good);
    if (!again && out.size() < kMost) out.push_back(next);
  }
  if (out.empty()) out = "server";
  auto unique = out;
  for (int number = 2; taken.contains(unique); ++number) {
    unique = fmt::format("{}-{}", std::string_view(out).substr(0, kMost - 8), number);
  }
  return unique;
}

std::string listed(const std::set<std::string>& words) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> shown(
      words.begin(), std::next(words.begin(), static_cast<long>(std::min(kShown, words.size()))));
  const auto more = words.size() > kShown ? fmt::format(" and {} more", words.size() - kShown) : "";
  return fmt::format("{}{}", fmt::join(shown, ", "), more);
}

bool holds_reference(const Node& node) {
  if (node.text.contains("${")) return true;
  return std::ranges::any_of(node.items, holds_reference) ||
         std::ranges::any_of(node.entries,
                             [](const auto& entry) { return holds_reference(entry.value); });
}

void warn_of_top_keys(const Dialect& dialect, const Node& root, Report& report) {
  std::set<std::string> others;
  document::Mark first;
  for (const auto& entry : root.entries) {
    if (entry.key == dialect.servers_key || entry.key == "$schema") continue;
    if (others.empty()) first = entry.mark;
    others.insert(entry.key);
  }
  if (!others.empty())
    report.warn(first, fmt::format("ignored: {}", listed(others)),
                "Gantry reads the servers of a client's file");
}

}  // namespace

std::optional<Dialect> dialect_of(const document::Document& document,
                                  const std::filesystem::path& file) {
  const auto& root = document.root;
  const bool ours = std::ranges::any_of(kOurs, [&](auto key) { return root.find(key) != nullptr; });
  if (document.format != document::Format::kJson || ours) return std::nullopt;
  if (root.find("mcpServers") != nullptr) {
    Dialect dialect{.servers_key = "mcpServers", .folder = workspace_of(file)};
    for (const auto& known : kFiles) {
      const bool there = known.folder.empty() || file.parent_path().filename() == known.folder;
      if (file.filename() != known.name || !there) continue;
      dialect.variables = known.variables;
      dialect.timeout_in_seconds = known.timeout_in_seconds;
    }
    return dialect;
  }
  const bool code = root.find("inputs") != nullptr || file.filename() == "mcp.json";
  if (root.find("servers") == nullptr || !code) return std::nullopt;
  return Dialect{
      .servers_key = "servers", .variables = Variables::kVsCode, .folder = workspace_of(file)};
}

std::vector<Server> read_dialect(const Dialect& dialect, const Node& root,
                                 const std::map<std::string, std::string>& environment,
                                 Report& report, std::vector<Setting>& settings) {
  std::vector<Server> servers;
  warn_of_top_keys(dialect, root, report);
  const auto& section = *root.find(dialect.servers_key);
  if (section.kind != document::Kind::kMapping) {
    report.error(section.mark, fmt::format("{}: expected a mapping, found {}", dialect.servers_key,
                                           kind_name(section.kind)));
    return servers;
  }
  const Interpolator variables(dialect.variables, environment, dialect.folder);
  if (dialect.variables == Variables::kNone && holds_reference(section)) {
    report.warn(section.mark, "${…} stays as it is: this client replaces no variables",
                "put the servers into gantry.yaml to use variables");
  }
  std::set<std::string> taken;
  std::set<std::string> ignored;
  for (const auto& [given, mark, node] : section.entries) taken.insert(given);
  for (const auto& [given, mark, node] : section.entries) {
    taken.erase(given);
    const auto name = allowed_name(given, taken);
    taken.insert(name);
    if (name != given)
      report.warn(mark, fmt::format("the server '{}' is called '{}' here", given, name),
                  "names are letters, digits, '-' and '_'");
    auto entry = read_client_entry(
        node, variables,
        dialect.timeout_in_seconds ? TimeoutUnit::kSeconds : TimeoutUnit::kMilliseconds);
    for (auto& key : entry.ignored) ignored.insert(std::move(key));
    if (entry.disabled) {
      report.warn(mark, fmt::format("the server '{}' is disabled in this file: skipped", given));
      continue;
    }
    auto server =
        read_server({.name = name, .node = entry.node, .mark = mark, .more = std::move(entry.more)},
                    Fate::kServer, variables, report, settings);
    if (entry.error) {
      entry.error->message =
          fmt::format("{}: servers.{}.{}", report.at(entry.error_mark), name, entry.error->message);
      server.broken = std::move(entry.error);
    }
    servers.push_back(std::move(server));
  }
  if (!ignored.empty())
    report.warn(section.mark, fmt::format("ignored keys of servers: {}", listed(ignored)));
  return servers;
}

}  // namespace gantry::config
