#include <fmt/format.h>

#include "base/strings.h"
#include "cli/commands.h"
#include "cli/problems.h"
#include "cli/table.h"

namespace gantry::cli {
namespace {

std::string as_json(const config::Loaded& loaded) {
  std::string settings;
  for (const auto& setting : loaded.settings) {
    settings += fmt::format(R"({}{{"key":{},"value":{},"origin":{}}})", settings.empty() ? "" : ",",
                            base::json_quote(setting.key), base::json_quote(setting.value),
                            base::json_quote(setting.origin));
  }
  return fmt::format(R"({{"file":{},"settings":[{}]}})", base::json_quote(loaded.file.string()),
                     settings);
}

}  // namespace

int config_show(const ConfigShowOptions& options, Console& console) {
  const auto loaded = load_configuration(options.file);
  if (!loaded) {
    tell(loaded.error(), "error", console);
    return kInvalidConfiguration;
  }
  if (options.json) {
    console.out() << as_json(*loaded) << '\n';
    return 0;
  }
  std::vector<Row> rows{{{"KEY", Colour::kDim}, {"VALUE", Colour::kDim}, {"ORIGIN", Colour::kDim}}};
  for (const auto& setting : loaded->settings) {
    rows.push_back({setting.key, printable(setting.value), setting.origin});
  }
  console.out() << table(rows, console);
  tell(loaded->warnings, "warning", console);
  return 0;
}

}  // namespace gantry::cli
