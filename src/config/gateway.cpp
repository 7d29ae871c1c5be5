#include "config/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/strings.h"
#include "config/keys.h"
#include "config/listen.h"
#include "config/section.h"
#include "config/tokens.h"

namespace gantry::config {
namespace {

constexpr std::string_view kSection = "gateway";
constexpr std::string_view kPrefix = "GANTRY_";
constexpr std::array<std::string_view, 6> kLater = {"tls",       "auth.jwt",        "auth.mtls",
                                                    "base_path", "trusted_proxies", "cors"};
constexpr std::array<Synonym, 5> kSynonyms = {
    Synonym{"port", "listen"}, Synonym{"host", "listen"}, Synonym{"address", "listen"},
    Synonym{"bind", "listen"}, Synonym{"threads", "loops"}};
/// Variables with our prefix that are no settings of the gateway.
constexpr std::array<std::string_view, 4> kReserved = {"GANTRY_CONFIG", "GANTRY_STATE_DIR",
                                                       "GANTRY_BIN", "GANTRY_IDLE_EXIT"};
constexpr std::array<std::string_view, 2> kReservedPrefixes = {"GANTRY_TEST_", "GANTRY_CI_"};

std::string path_of(std::string_view key) { return fmt::format("{}.{}", kSection, key); }

bool is_reserved(std::string_view name) {
  return std::ranges::find(kReserved, name) != kReserved.end() ||
         std::ranges::any_of(kReservedPrefixes,
                             [&](auto prefix) { return name.starts_with(prefix); });
}

std::string suggest_variable(std::string_view name) {
  std::vector<std::string_view> known(kReserved.begin(), kReserved.end());
  for (const auto& row : gateway_rows()) known.push_back(row.variable);
  return suggest(name, known);
}

std::string suggest_key(std::string_view path) {
  std::vector<std::string> known;
  for (const auto& row : gateway_rows()) known.push_back(path_of(row.key));
  return suggest(path, std::vector<std::string_view>(known.begin(), known.end()));
}

}  // namespace

void GatewayBuilder::file(const document::Node& section, Scope& scope) {
  KeySet keys{.leaves = {}, .later = kLater, .synonyms = kSynonyms};
  for (const auto& row : gateway_rows()) keys.leaves.push_back(row.key);
  walk(section, kSection, keys, scope, [&](std::string_view key, const document::Node& value) {
    const auto* row = find_gateway_row(key);
    origins_.insert_or_assign(std::string(key), scope.report().at(value.mark));
    if (key == kTokensKey) {
      gateway_.tokens = read_tokens(value, scope);
    } else {
      put_node(*row, value, path_of(key), scope, gateway_);
    }
  });
}

void GatewayBuilder::put(const Row<Gateway>& row, std::string_view text, const std::string& origin,
                         Report& report) {
  origins_.insert_or_assign(std::string(row.key), origin);
  const auto one = [&](std::string_view item) {
    if (auto put = row.put(gateway_, item); !put)
      report.error(origin, put.error().message, put.error().hint);
  };
  // The list of tokens is one path here, and a path may hold a comma.
  if (!row.is_list() || row.key == kTokensKey) return one(text);
  for (const auto item : base::split(text, ',')) one(base::trim(item));
}

void GatewayBuilder::environment(const std::map<std::string, std::string>& variables,
                                 Report& report) {
  std::set<std::string_view> known;
  for (const auto& row : gateway_rows()) {
    known.insert(row.variable);
    const auto found = variables.find(std::string(row.variable));
    if (found == variables.end() || found->second.empty()) continue;
    if (row.is_list()) row.clear(gateway_);
    put(row, found->second, found->first, report);
  }
  for (const auto& [name, value] : variables) {
    if (!name.starts_with(kPrefix) || known.contains(name) || is_reserved(name)) continue;
    report.warn(name, fmt::format("'{}' is not a setting", name), suggest_variable(name));
  }
}

void GatewayBuilder::flags(const std::vector<std::pair<std::string, std::string>>& flags,
                           Report& report) {
  std::set<std::string_view> cleared;
  for (const auto& [path, text] : flags) {
    const std::string_view key =
        path.starts_with("gateway.") ? std::string_view(path).substr(8) : "";
    const auto* row = find_gateway_row(key);
    if (row == nullptr) {
      report.error("--" + path, fmt::format("'{}' is not a setting", path), suggest_key(path));
      continue;
    }
    if (row->is_list() && cleared.insert(row->key).second) row->clear(gateway_);
    put(*row, text, flag_of(*row), report);
  }
}

std::string GatewayBuilder::origin(std::string_view key) const {
  const auto found = origins_.find(key);
  return found == origins_.end() ? "default" : found->second;
}

void GatewayBuilder::check(Report& report) const {
  const auto where = origin("listen");
  const auto& listen = gateway_.listen;
  const bool given = origins_.contains("listen");
  if (listen.empty() && !report.failed()) {
    report.error(where, "gateway.listen: no address", "write 127.0.0.1:3010, or leave it out");
  }
  for (auto each = listen.begin(); each != listen.end(); ++each) {
    const auto same = [&](const Listen& other) { return same_address(*each, other); };
    if (given && std::any_of(listen.begin(), each, same)) {
      report.error(where, fmt::format("gateway.listen: {} is there twice", each->text()),
                   "keep one of them");
    }
    // Where tokens were given but are wrong, that is said already.
    if (!each->is_loopback() && gateway_.tokens.empty() &&
        !(origins_.contains(kTokensKey) && report.failed())) {
      report.error(
          where,
          fmt::format(
              "gateway.listen: {} is reached from other machines, so clients must authenticate",
              each->text()),
          "set gateway.auth.tokens, or listen on 127.0.0.1");
    }
  }
}

std::vector<Setting> GatewayBuilder::settings() const {
  std::vector<Setting> out;
  for (const auto& row : gateway_rows())
    out.push_back({path_of(row.key), row.print(gateway_), origin(row.key)});
  return out;
}

}  // namespace gantry::config
