#include "app/banner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/strings.h"

namespace gantry::app {

std::string banner(const config::Config& config, const fabric::Fleet& fleet,
                   const std::string& endpoint) {
  std::string out = fmt::format("\nGantry is ready: {}/mcp\n\n", endpoint);
  std::size_t width = 6;
  for (const auto& server : config.servers) width = std::max(width, server.name.size());
  out += fmt::format("  {:<{}}  {:<8}  {:>5}\n", "SERVER", width, "STATE", "TOOLS");
  for (std::size_t at = 0; at < config.servers.size(); ++at) {
    const auto& facts = fleet.facts(at);
    const auto tools =
        facts.lists ? fmt::format("{}", facts.lists->tools.size()) : std::string("-");
    out += fmt::format("  {:<{}}  {:<8}  {:>5}", config.servers[at].name, width,
                       fabric::name(facts.state), tools);
    if (!facts.cause.empty()) out += fmt::format("  {}", facts.cause);
    out += "\n";
  }
  // Whole paths: a client starts programs from wherever it stands, with a PATH of its own.
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  out += fmt::format(
      "\nFor a client that speaks HTTP:   {{\"mcpServers\": {{\"gantry\": {{\"type\": \"http\", "
      "\"url\": "
      "\"{}/mcp\"}}}}}}\n"
      "For a client that speaks stdio:  {{\"mcpServers\": {{\"gantry\": {{\"command\": {}, "
      "\"args\": [\"connect\"]}}}}}}\n\n",
      endpoint, base::json_quote(program.string()));
  return out;
}

}  // namespace gantry::app
