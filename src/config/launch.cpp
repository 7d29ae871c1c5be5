#include "config/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "config/checks.h"

namespace gantry::config {
namespace {

using document::Kind;
using document::Mark;
using document::Node;
constexpr std::string_view kHidden = "(secret)";

/// A value with a reference is shown as it is written: what it stands for may be a secret.
std::string shown(const Node& node) { return node.text; }

void show(Draft& draft, Scope& scope, std::string key, std::string value, Mark mark) {
  draft.shown.push_back({std::move(key), std::move(value), scope.report().at(mark)});
}

void read_command(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".command";
  if (value.kind == Kind::kSequence) {
    return scope.problem(value.mark, fmt::format("{}: expected text, found a list", path),
                         "write command: npx and args: [-y, …]");
  }
  auto program = scope.text(value, path);
  show(draft, scope, "command", shown(value), value.mark);
  if (!program) return;
  if (base::trim(*program).empty()) return scope.problem(value.mark, path + ": is empty");
  if (!program->contains('/') && program->contains(' ')) {
    return scope.problem(value.mark,
                         fmt::format("{}: '{}' is not the name of a program", path, *program),
                         "no shell reads it: put what follows the program into args");
  }
  draft.command.program = *std::move(program);
}

void read_args(const Node& value, Draft& draft, Scope& scope) {
  std::string written;
  for (const auto& item : value.items) {
    written.append(written.empty() ? "" : ", ").append(base::json_quote(shown(item)));
  }
  show(draft, scope, "args", fmt::format("[{}]", written), value.mark);
  for (auto& item : scope.list(value, draft.path + ".args"))
    draft.command.args.push_back(std::move(item.text));
}

void read_env(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".env";
  if (!scope.is_mapping(value, path)) return;
  for (const auto& [name, mark, inner] : value.entries) {
    if (name.empty() || name.contains('=') || name.contains('\0')) {
      scope.problem(
          mark, fmt::format("{}: '{}' cannot be a variable's name", path, base::json_escape(name)));
      continue;
    }
    auto text = scope.text(inner, fmt::format("{}.{}", path, name));
    show(draft, scope, "env." + name, std::string(kHidden), inner.mark);
    if (text) draft.command.env.insert_or_assign(name, *std::move(text));
  }
}

void read_headers(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".headers";
  if (!scope.is_mapping(value, path)) return;
  for (const auto& [name, mark, inner] : value.entries) {
    if (auto good = check_header_name(name); !good) {
      scope.problem(mark, path, good.error());
      continue;
    }
    const auto same = [&](const auto& other) { return base::iequals(other.first, name); };
    if (std::ranges::any_of(draft.remote.headers, same)) {
      scope.problem(mark, fmt::format("{}: '{}' is there twice", path, name),
                    "a header's case makes no difference");
      continue;
    }
    const auto key = fmt::format("{}.{}", path, name);
    auto text = scope.text(inner, key);
    show(draft, scope, "headers." + name, std::string(kHidden), inner.mark);
    if (!text) continue;
    if (auto good = check_header_value(*text); !good) {
      scope.problem(inner.mark, key, good.error());
    } else {
      draft.remote.headers.emplace_back(name, base::Secret(*std::move(text)));
    }
  }
}

void read_url(const Node& value, Draft& draft, Scope& scope) {
  const auto path = draft.path + ".url";
  auto text = scope.text(value, path);
  show(draft, scope, "url", shown(value), value.mark);
  if (!text) return;
  if (auto good = check_url(*text); !good) return scope.problem(value.mark, path, good.error());
  draft.remote.url = *std::move(text);
}

void read_transport(const Node& value, Draft& draft, Scope& scope) {
  constexpr std::array<std::string_view, 2> kLater = {"sse", "websocket"};
  const auto path = draft.path + ".transport";
  auto text = scope.text(value, path);
  show(draft, scope, "transport", shown(value), value.mark);
  if (!text) return;
  if (std::ranges::find(kLater, *text) != kLater.end()) {
    return scope.problem(value.mark, fmt::format("{}: {} is not available yet", path, *text),
                         "stdio and streamable-http are");
  }
  if (*text != "stdio" && *text != "streamable-http") {
    return scope.problem(value.mark, fmt::format("{}: '{}' is not known", path, *text),
                         "one of stdio, streamable-http");
  }
  draft.transport = *std::move(text);
}

void read_cwd(const Node& value, Draft& draft, Scope& scope) {
  auto text = scope.text(value, draft.path + ".cwd");
  show(draft, scope, "cwd", shown(value), value.mark);
  if (text && text->empty())
    return scope.problem(value.mark, draft.path + ".cwd: is empty", "write . for this folder");
  if (text) draft.command.cwd = *std::move(text);
}

using Reader = void (*)(const Node&, Draft&, Scope&);
struct LaunchKey {
  std::string_view key;
  std::string_view kind;  ///< the key that decides the kind; empty: of both
  Reader read;
};
constexpr std::array kKeys = {LaunchKey{"command", "command", read_command},
                              LaunchKey{"args", "command", read_args},
                              LaunchKey{"env", "command", read_env},
                              LaunchKey{"cwd", "command", read_cwd},
                              LaunchKey{"url", "url", read_url},
                              LaunchKey{"headers", "url", read_headers},
                              LaunchKey{"transport", "", read_transport}};

void check_fit(std::string_view kind, Draft& draft, Scope& scope) {
  for (const auto& each : kKeys) {
    const auto given = draft.given.find(each.key);
    if (given == draft.given.end() || each.kind.empty() || each.kind == kind) continue;
    scope.problem(
        given->second,
        fmt::format("{}.{}: belongs to a server with '{}'", draft.path, each.key, each.kind),
        fmt::format("this one has '{}'", kind));
  }
  const std::string_view fits = kind == "command" ? "stdio" : "streamable-http";
  if (!draft.transport.empty() && draft.transport != fits) {
    scope.problem(
        draft.given.find("transport")->second,
        fmt::format("{}.transport: {} does not fit '{}'", draft.path, draft.transport, kind),
        fmt::format("write {}, or leave it out", fits));
  }
}

std::filesystem::path absolute(const std::filesystem::path& path,
                               const std::filesystem::path& folder) {
  auto whole = (folder / path).lexically_normal();
  return whole.has_filename() || whole == whole.root_path() ? whole : whole.parent_path();
}

}  // namespace

bool read_launch(std::string_view key, const Node& value, Draft& draft, Scope& scope) {
  const auto* const found = std::ranges::find(kKeys, key, &LaunchKey::key);
  if (found == kKeys.end()) return false;
  found->read(value, draft, scope);
  return true;
}

void finish_launch(Mark mark, Completeness completeness, Draft& draft, Scope& scope) {
  const bool command = draft.has("command");
  const bool url = draft.has("url");
  if (command && url) {
    scope.problem(mark, fmt::format("{}: has both 'command' and 'url'", draft.path),
                  "keep one of them");
  } else if (command || url) {
    check_fit(command ? "command" : "url", draft, scope);
  } else if (completeness == Completeness::kRequired) {
    scope.problem(mark, fmt::format("{}: has neither 'command' nor 'url'", draft.path),
                  "write command: PROGRAM, or url: https://host/path");
  }
  if (url && !command) {
    draft.server.kind = std::move(draft.remote);
    return;
  }
  const auto& folder = scope.variables().folder();
  draft.command.cwd = absolute(draft.command.cwd, folder);
  if (!draft.has("cwd")) draft.shown.push_back({"cwd", draft.command.cwd.string(), "default"});
  if (draft.command.program.contains('/')) {
    draft.command.program = (folder / draft.command.program).lexically_normal().string();
  }
  draft.server.kind = std::move(draft.command);
}

}  // namespace gantry::config
