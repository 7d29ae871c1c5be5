#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/strings.h"
#include "cli/admin_client.h"
#include "cli/doctor_checks.h"
#include "config/load.h"

namespace gantry::cli {
namespace {

bool can_run(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::string_view install_hint(std::string_view program) {
  if (program == "node" || program == "npx" || program == "npm") {
    return "install Node.js: apt-get install nodejs npm";
  }
  if (program == "uv" || program == "uvx") return "install uv: pipx install uv";
  if (program == "python3" || program == "python") return "install Python: apt-get install python3";
  if (program == "docker") return "install a Docker client: apt-get install docker.io";
  return "install it, or write its whole path as command:";
}

/// What the program runs in turn: npx without node is found, yet fails.
std::string_view also_needed(std::string_view program) {
  if (program == "npx" || program == "npm") return "node";
  return program == "uvx" ? "uv" : "";
}

void check_command(const std::string& server, const config::Command& command, Findings& findings) {
  const auto environment = config::process_environment();
  const auto own = environment.find("PATH");
  const auto set = command.env.find("PATH");
  const std::string path = set != command.env.end()   ? set->second
                           : own != environment.end() ? own->second
                                                      : "";
  const auto found = find_program(command.program, path);
  if (!found) {
    const bool named = command.program.contains('/');
    findings.push_back({Verdict::kBad,
                        fmt::format("server '{}': {} {}", server, command.program,
                                    named ? "cannot be run" : "is not in PATH"),
                        std::string(named ? "is the path right, and the file executable (chmod +x)?"
                                          : install_hint(command.program))});
    return;
  }
  const auto name = command.program.substr(command.program.rfind('/') + 1);
  const auto needed = also_needed(name);
  if (!needed.empty() && !find_program(std::string(needed), path)) {
    findings.push_back(
        {Verdict::kBad,
         fmt::format("server '{}': {} needs {}, which is not in PATH", server, name, needed),
         std::string(install_hint(needed))});
    return;
  }
  findings.push_back({Verdict::kGood, fmt::format("server '{}': {}", server, *found), ""});
}

void check_remote(const std::string& server, const config::Remote& remote, Findings& findings) {
  const auto endpoint = remote_endpoint(remote.url);
  if (!endpoint) {
    findings.push_back({Verdict::kBad,
                        fmt::format("server '{}': {}", server, endpoint.error().text()),
                        "write http:// or https:// and a host"});
    return;
  }
  const auto socket = connect_to(*endpoint, Patience{}.connect);
  if (socket) {
    findings.push_back({Verdict::kGood,
                        fmt::format("server '{}': {} takes connections", server, endpoint->text()),
                        ""});
    return;
  }
  findings.push_back({Verdict::kBad, fmt::format("server '{}': {}", server, socket.error().text()),
                      "does it run, and may this machine reach it?"});
}

}  // namespace

std::optional<std::string> find_program(const std::string& program, std::string_view path) {
  if (program.contains('/')) return can_run(program) ? std::optional(program) : std::nullopt;
  for (const auto folder : base::split(path, ':')) {
    auto candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
    if (can_run(candidate)) return candidate;
  }
  return std::nullopt;
}

void check_configuration(const std::expected<config::Loaded, config::Problems>& loaded,
                         Findings& findings) {
  if (!loaded) {
    for (const auto& problem : loaded.error()) {
      const auto where = problem.where.empty() ? "configuration" : problem.where;
      findings.push_back({Verdict::kBad, where + ": " + problem.message,
                          problem.hint.empty() ? "gantry config validate" : problem.hint});
    }
    return;
  }
  findings.push_back({Verdict::kGood,
                      fmt::format("configuration {}: {} servers", loaded->file.string(),
                                  loaded->config.servers.size()),
                      ""});
  for (const auto& warning : loaded->warnings) {
    findings.push_back({Verdict::kDoubt, warning.where + ": " + warning.message, warning.hint});
  }
}

void check_servers(const config::Config& config, Findings& findings) {
  for (const auto& server : config.servers) {
    if (server.broken) {
      findings.push_back({Verdict::kBad,
                          fmt::format("server '{}': {}", server.name, server.broken->text()),
                          server.broken->hint});
    } else if (const auto* command = std::get_if<config::Command>(&server.kind)) {
      check_command(server.name, *command, findings);
    } else if (const auto* remote = std::get_if<config::Remote>(&server.kind)) {
      check_remote(server.name, *remote, findings);
    }
  }
}

}  // namespace gantry::cli
