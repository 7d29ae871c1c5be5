#include "config/roots.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "config/keys.h"

namespace gantry::config {
namespace {

using document::Kind;
using document::Node;
constexpr std::string_view kScheme = "file://";

std::string file_uri(const std::filesystem::path& path) {
  std::string uri(kScheme);
  for (const auto part : base::split(path.string(), '/')) {
    if (!part.empty() || uri != kScheme) uri.append("/").append(base::percent_encode(part));
  }
  return uri == kScheme ? uri + "/" : uri;
}

std::string last_part(std::string_view uri) {
  while (uri.ends_with('/')) uri.remove_suffix(1);
  return std::string(uri.substr(uri.rfind('/') + 1));
}

/// Nothing where `text` is a URI of another scheme, or no path.
std::optional<Root> root_of(const std::string& text, const std::filesystem::path& folder) {
  if (text.starts_with(kScheme)) {
    const bool absolute = std::string_view(text).substr(kScheme.size()).starts_with('/');
    return absolute ? std::optional(Root{text, last_part(text)}) : std::nullopt;
  }
  if (text.empty() || text.contains("://")) return std::nullopt;
  auto path = (folder / text).lexically_normal();
  if (!path.has_filename() && path != path.root_path()) path = path.parent_path();
  return Root{file_uri(path), path.filename().string()};
}

void read_one(const Node& item, const std::string& key, Draft& draft, Scope& scope) {
  std::optional<std::string> uri;
  std::string name;
  if (item.kind == Kind::kMapping) {
    const auto before = scope.count();
    walk(item, key, {.leaves = {"uri", "name"}}, scope,
         [&](std::string_view part, const Node& value) {
           auto text = scope.text(value, fmt::format("{}.{}", key, part));
           if (part == "uri") uri = std::move(text);
           if (part == "name") name = text.value_or("");
         });
    if (!uri && scope.count() == before) scope.problem(item.mark, key + ": a root without a uri");
  } else {
    uri = scope.text(item, key);
  }
  if (!uri) return;
  auto root = root_of(*uri, scope.variables().folder());
  if (!root) {
    return scope.problem(item.mark,
                         fmt::format("{}: '{}' is not a path or a file:// URI", key, *uri),
                         "write ./data or file:///srv/data");
  }
  if (!name.empty()) root->name = name;
  draft.server.roots.fixed.push_back(*std::move(root));
}

}  // namespace

void read_roots(const Node& value, Draft& draft, Scope& scope) {
  const auto key = draft.path + ".roots";
  if (value.kind != Kind::kSequence) {
    const auto text = scope.text(value, key);
    draft.server.roots.from_client = text == "client";
    if (text && text != "client") {
      scope.problem(value.mark, fmt::format("{}: '{}' is not known", key, *text),
                    "write client, or a list of folders: [./data]");
    }
  }
  for (const auto& item : value.items) read_one(item, key, draft, scope);
  std::vector<std::string> shown;
  for (const auto& root : draft.server.roots.fixed) shown.push_back(root.uri);
  draft.shown.push_back({"roots",
                         draft.server.roots.from_client ? "client" : base::join(shown, ", "),
                         scope.report().at(value.mark)});
}

}  // namespace gantry::config
