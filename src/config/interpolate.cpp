#include "config/interpolate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/file.h"

namespace gantry::config {
namespace {

using base::Code;
using base::fail;
constexpr std::size_t kMostFile = 1U << 20U;
constexpr auto kForms =
    "${VAR}, ${VAR:-default}, ${env:VAR} and ${file:PATH} are read; $$ is a plain $";

bool is_name(std::string_view text) {
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && std::ranges::all_of(text, part) &&
         (text.front() < '0' || text.front() > '9');
}

}  // namespace

base::Result<std::string> Interpolator::expand(std::string_view text) const {
  if (rules_ == Variables::kNone) return std::string(text);
  std::string out;
  while (true) {
    const auto dollar = text.find('$');
    out.append(text.substr(0, dollar));
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar);
    if (text.starts_with("$$") && rules_ == Variables::kGantry) {
      out.push_back('$');
      text.remove_prefix(2);
    } else if (!text.starts_with("${")) {
      out.push_back('$');
      text.remove_prefix(1);
    } else {
      const auto end = text.find('}');
      if (end == std::string_view::npos) {
        return fail(Code::kInvalid, "a reference ${ is not closed",
                    "write } after the name, or $$ for a plain $");
      }
      out.append(GANTRY_TRY(resolve(text.substr(2, end - 2))));
      text.remove_prefix(end + 1);
    }
  }
}

base::Result<std::string> Interpolator::resolve(std::string_view reference) const {
  constexpr std::string_view kEnv = "env:";
  constexpr std::string_view kFile = "file:";
  const bool env = reference.starts_with(kEnv);
  switch (rules_) {
    case Variables::kNone:
      break;
    case Variables::kClaudeCode:
      return with_default(reference);
    case Variables::kCursor:
    case Variables::kVsCode:
      return env ? variable(reference, reference.substr(kEnv.size()))
                 : resolve_workspace(reference);
    case Variables::kGantry:
      if (env) return variable(reference, reference.substr(kEnv.size()));
      if (reference.starts_with(kFile)) return file(reference.substr(kFile.size()));
      if (reference.starts_with("vault:")) {
        return fail(Code::kUnsupported,
                    fmt::format("${{{}}}: vault is not available yet", reference),
                    "use ${file:PATH} or ${VAR}");
      }
      return with_default(reference);
  }
  return fmt::format("${{{}}}", reference);
}

base::Result<std::string> Interpolator::resolve_workspace(std::string_view reference) const {
  if (reference == "workspaceFolder") return folder_.string();
  if (reference == "workspaceFolderBasename") return folder_.filename().string();
  if (reference == "userHome") return variable(reference, "HOME");
  if (reference == "pathSeparator" || reference == "/") return "/";
  if (reference.starts_with("input:") && rules_ == Variables::kVsCode) {
    return fail(
        Code::kUnsupported,
        fmt::format("${{{}}} asks a person in VS Code, which nobody can answer here", reference),
        "set a variable and write ${env:NAME}");
  }
  return fail(Code::kInvalid, fmt::format("${{{}}} cannot be resolved", reference),
              "${env:NAME} and ${workspaceFolder} are read");
}

base::Result<std::string> Interpolator::variable(std::string_view reference,
                                                 std::string_view name) const {
  if (!is_name(name)) {
    return fail(Code::kInvalid, fmt::format("${{{}}} is not a reference", reference), kForms);
  }
  const auto found = environment_.find(std::string(name));
  if (found != environment_.end()) return found->second;
  const bool takes_default = rules_ == Variables::kGantry || rules_ == Variables::kClaudeCode;
  return fail(Code::kNotFound, fmt::format("${{{}}} is not set", reference),
              takes_default ? fmt::format("set {}, or write ${{{}:-default}}", name, name)
                            : fmt::format("set {}", name));
}

/// As a shell does: the default stands in for a variable that is unset or empty.
base::Result<std::string> Interpolator::with_default(std::string_view reference) const {
  const auto mark = reference.find(":-");
  if (mark == std::string_view::npos) return variable(reference, reference);
  const auto name = reference.substr(0, mark);
  const auto otherwise = reference.substr(mark + 2);
  if (!is_name(name)) return variable(reference, name);
  if (otherwise.contains("${")) {
    return fail(Code::kInvalid, fmt::format("the default of ${{{}}} holds another reference", name),
                "write the default as it is");
  }
  const auto found = environment_.find(std::string(name));
  const bool given = found != environment_.end() && !found->second.empty();
  return given ? found->second : std::string(otherwise);
}

base::Result<std::string> Interpolator::file(std::string_view path) const {
  if (path.empty())
    return fail(Code::kInvalid, "${file:} names no file", "write ${file:/run/secrets/name}");
  auto content = GANTRY_TRY(base::read_file(folder_ / path, kMostFile));
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
  return content;
}

}  // namespace gantry::config
