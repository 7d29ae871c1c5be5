#include "config/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "config/checks.h"
#include "config/dialect.h"
#include "config/gateway.h"
#include "config/keys.h"
#include "config/profiles.h"
#include "config/server.h"
#include "document/read.h"

namespace gantry::config {
namespace {

using document::Kind;
using document::Node;

constexpr auto kFileName = "gantry.yaml";
constexpr std::size_t kMostFile = 16U << 20U;
constexpr std::array<std::string_view, 7> kLater = {"routes", "policy",  "observe",  "catalog",
                                                    "agents", "secrets", "discovery"};
constexpr std::array<Synonym, 1> kSynonyms = {Synonym{"context_servers", "servers"}};

class Loader {
 public:
  Loader(const Sources& sources, std::filesystem::path file)
      : sources_(sources), file_(std::move(file)), report_(file_.string()) {}

  std::expected<Loaded, Problems> load();

 private:
  void read();
  void report_unreadable(const base::Error& error);
  void read_own(const Node& root);
  void read_servers(const Node& section, std::string_view key);
  void check_renames();

  const Sources& sources_;
  std::filesystem::path file_;
  Report report_;
  Loaded loaded_;
  GatewayBuilder gateway_;
  std::vector<Setting> server_settings_;
};

std::expected<Loaded, Problems> Loader::load() {
  read();
  gateway_.environment(sources_.environment, report_);
  gateway_.flags(sources_.flags, report_);
  gateway_.check(report_);
  check_renames();
  if (report_.failed()) return std::unexpected(report_.errors());
  loaded_.file = file_;
  loaded_.config.gateway = gateway_.gateway();
  loaded_.settings = gateway_.settings();
  std::ranges::move(server_settings_, std::back_inserter(loaded_.settings));
  loaded_.warnings = report_.warnings();
  return std::move(loaded_);
}

void Loader::read() {
  const auto text = base::read_file(file_, kMostFile);
  if (!text) return report_unreadable(text.error());
  const auto document = document::read(*text, file_.string());
  if (!document)
    return report_.error(document.error().mark, document.error().message, document.error().hint);
  const auto absolute = std::filesystem::absolute(file_).lexically_normal();
  if (const auto dialect = dialect_of(*document, absolute)) {
    loaded_.config.servers =
        read_dialect(*dialect, document->root, sources_.environment, report_, server_settings_);
  } else {
    read_own(document->root);
  }
}

void Loader::report_unreadable(const base::Error& error) {
  // The place names the file already.
  const auto named = fmt::format("cannot read {}", file_.string());
  const bool prefixed = error.message.starts_with(named);
  auto message = prefixed ? "cannot be read" + error.message.substr(named.size()) : error.message;
  report_.error(file_.string(), std::move(message), "pass the configuration's file with -f FILE");
}

void Loader::read_own(const Node& root) {
  const auto folder = std::filesystem::absolute(file_).lexically_normal().parent_path();
  const Interpolator variables(Variables::kGantry, sources_.environment, folder);
  Scope scope(report_, variables, Fate::kFile, nullptr);
  if (root.kind == Kind::kNull) return;  // an empty file: the defaults
  if (!scope.is_mapping(root, "the file")) return;
  const Node* profiles = nullptr;
  const KeySet keys{.leaves = {"gateway", "servers", "mcpServers", "profiles", "$schema"},
                    .later = kLater,
                    .synonyms = kSynonyms};
  walk(root, "", keys, scope, [&](std::string_view key, const Node& value) {
    if (value.kind == Kind::kNull) return;  // `servers:` with nothing below it
    if (key == "gateway" && scope.is_mapping(value, key)) gateway_.file(value, scope);
    if (key == "servers" || key == "mcpServers") read_servers(value, key);
    if (key == "profiles") profiles = &value;
  });
  const auto* alias = root.find("mcpServers");
  if (alias != nullptr && root.find("servers") != nullptr) {
    scope.problem(alias->mark, "both 'servers' and 'mcpServers' are given",
                  "mcpServers is another word for servers: keep one");
  }
  // Once all servers are known, wherever they stand in the file.
  if (profiles != nullptr)
    loaded_.config.profiles = read_profiles(*profiles, loaded_.config.servers, scope);
}

void Loader::read_servers(const Node& section, std::string_view key) {
  const auto folder = std::filesystem::absolute(file_).lexically_normal().parent_path();
  const Interpolator variables(Variables::kGantry, sources_.environment, folder);
  Scope scope(report_, variables, Fate::kFile, nullptr);
  if (!scope.is_mapping(section, key)) return;
  for (const auto& [name, mark, node] : section.entries) {
    if (auto good = check_name(name); !good) scope.problem(mark, key, good.error());
    loaded_.config.servers.push_back(read_server({.name = name, .node = node, .mark = mark},
                                                 Fate::kUnresolved, variables, report_,
                                                 server_settings_));
  }
}

/// A renamed tool keeps that name on /mcp, where all servers meet.
void Loader::check_renames() {
  std::map<std::string_view, std::string_view> owner;
  for (const auto& server : loaded_.config.servers) {
    for (const auto& [from, name] : server.tools.rename) {
      const auto [first, fresh] = owner.try_emplace(name, server.name);
      if (fresh) continue;
      report_.error(server.where,
                    fmt::format("servers.{}.tools.rename: '{}' is taken by servers.{}", server.name,
                                name, first->second),
                    "give one of them another name");
    }
  }
}

}  // namespace

std::optional<std::filesystem::path> find_file() {
  for (const auto& path : {std::filesystem::path(kFileName), base::config_folder() / kFileName}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return std::nullopt;
}

std::expected<Loaded, Problems> load(const Sources& sources) {
  if (!sources.file.empty()) return Loader(sources, sources.file).load();
  const auto named = sources.environment.find("GANTRY_CONFIG");
  if (named != sources.environment.end() && !named->second.empty())
    return Loader(sources, named->second).load();
  if (const auto found = find_file()) return Loader(sources, *found).load();
  return std::unexpected(
      Problems{{kFileName, fmt::format("not found here, nor in {}", base::config_folder().string()),
                "write one, or pass a client's JSON: gantry up -f FILE"}});
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

}  // namespace gantry::config
