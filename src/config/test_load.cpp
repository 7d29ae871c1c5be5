#include "config/test_load.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/random.h"

namespace gantry::config {
namespace {

void remove_all(std::string& text, const std::string& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part))
    text.erase(at, part.size());
}

}  // namespace

TestFolder::TestFolder()
    : path_(std::filesystem::temp_directory_path() / ("gantry-config-" + base::random_token(9))) {
  std::filesystem::create_directories(path_);
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TestFolder::write(const std::filesystem::path& name, std::string_view text) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  GANTRY_ASSERT(base::write_file(path_ / name, text));
}

std::expected<Loaded, Problems> TestFolder::load(
    const std::string& name, std::map<std::string, std::string> environment,
    std::vector<std::pair<std::string, std::string>> flags) const {
  const auto prefix = path_.string() + "/";
  auto loaded = config::load(
      {.file = path_ / name, .environment = std::move(environment), .flags = std::move(flags)});
  const auto shorten = [&](Problems& problems) {
    for (auto& each : problems) {
      remove_all(each.where, prefix);
      remove_all(each.message, prefix);
    }
  };
  if (!loaded) {
    shorten(loaded.error());
    return loaded;
  }
  shorten(loaded->warnings);
  for (auto& each : loaded->settings) remove_all(each.origin, prefix);
  for (auto& server : loaded->config.servers) {
    remove_all(server.where, prefix);
    if (server.broken) remove_all(server.broken->message, prefix);
  }
  return loaded;
}

std::expected<Loaded, Problems> TestFolder::load_yaml(
    std::string_view text, std::map<std::string, std::string> environment,
    std::vector<std::pair<std::string, std::string>> flags) const {
  write("gantry.yaml", text);
  return load("gantry.yaml", std::move(environment), std::move(flags));
}

std::string told(const Problems& problems) {
  std::string out;
  for (const auto& each : problems) {
    fmt::format_to(std::back_inserter(out), "{}{}: {}", out.empty() ? "" : "\n", each.where,
                   each.message);
    if (!each.hint.empty()) fmt::format_to(std::back_inserter(out), " ({})", each.hint);
  }
  return out;
}

std::string setting(const Loaded& loaded, std::string_view key) {
  for (const auto& each : loaded.settings) {
    if (each.key == key) return fmt::format("{} from {}", each.value, each.origin);
  }
  return "no such setting";
}

}  // namespace gantry::config
