// docs/reference/configuration.md says what the rows say.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/file.h"
#include "config/gateway_rows.h"
#include "config/server.h"
#include "config/test_load.h"

namespace gantry::config {
namespace {

/// The page stands in the tree that the tests run in.
std::optional<std::string> reference_page() {
  for (auto at = std::filesystem::current_path();; at = at.parent_path()) {
    const auto page = at / "docs/reference/configuration.md";
    if (std::filesystem::exists(page)) return *base::read_file(page);
    if (at == at.root_path()) return std::nullopt;
  }
}

std::string shown(const std::string& value) { return value.empty() ? "none" : "`" + value + "`"; }

TEST(ConfigReference, ThePageHasEverySettingWithItsDefault) {
  const auto page = reference_page();
  if (!page) GTEST_SKIP() << "run from within the source tree";
  for (const auto& row : gateway_rows()) {
    const auto line = fmt::format("| `{}` | `{}` | {} | {} |", row.key, row.variable,
                                  shown(row.print(Gateway{})), row.says);
    EXPECT_NE(page->find(line), std::string::npos) << line;
  }
  for (const auto& row : server_rows()) {
    const auto line =
        fmt::format("| `{}` | {} | {} |", row.key, shown(row.print(Server{})), row.says);
    EXPECT_NE(page->find(line), std::string::npos) << line;
  }
}

TEST(ConfigReference, TheExampleOfThePageLoads) {
  const auto page = reference_page();
  if (!page) GTEST_SKIP() << "run from within the source tree";
  constexpr std::string_view kFence = "```yaml\n";
  const auto begin = page->find(kFence) + kFence.size();
  const TestFolder folder;
  folder.write("secrets/laptop", "Vd8pQ2mZx7Lr4TnK\n");
  folder.write("secrets/search", "key\n");
  const auto loaded = folder.load_yaml(page->substr(begin, page->find("```\n", begin) - begin),
                                       {{"CI_TOKEN", "Jx4nWq9Rt2Yb6HcM"}});
  ASSERT_TRUE(loaded) << told(loaded.error());
  EXPECT_EQ(loaded->config.servers.size(), 3U);
  for (const auto& server : loaded->config.servers) EXPECT_FALSE(server.broken) << server.name;
  EXPECT_EQ(loaded->config.profiles.size(), 2U);
}

}  // namespace
}  // namespace gantry::config
