#include "fabric/lists.h"

#include <fmt/format.h>

#include <array>

#include "base/file.h"
#include "base/strings.h"

namespace gantry::fabric {
namespace {

constexpr std::array<ListKind, kListKinds> kKinds = {
    ListKind{"tools/list", "tools", "tools", "name", "notifications/tools/list_changed",
             &Lists::tools},
    ListKind{"prompts/list", "prompts", "prompts", "name", "notifications/prompts/list_changed",
             &Lists::prompts},
    ListKind{"resources/list", "resources", "resources", "uri",
             "notifications/resources/list_changed", &Lists::resources},
    ListKind{"resources/templates/list", "resources", "resourceTemplates", "uriTemplate",
             "notifications/resources/list_changed", &Lists::templates},
};

}  // namespace

const ListKind& list_kind(std::size_t index) { return kKinds.at(index); }

base::Result<> store(const std::filesystem::path& folder, const std::string& server,
                     const std::string& fingerprint, const Lists& lists) {
  auto out = fmt::format(R"({{"fingerprint":{},"initialize":{})", base::json_quote(fingerprint),
                         lists.initialize);
  for (const auto& kind : kKinds) {
    out += fmt::format(",{}:[", base::json_quote(kind.member));
    const auto& items = lists.*kind.items;
    for (const auto& item : items) out.append(&item == items.data() ? "" : ",").append(item.raw);
    out.append("]");
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return base::write_file(folder / (server + ".json"), out.append("}\n"));
}

ListsRef load(const std::filesystem::path& folder, const std::string& server,
              const std::string& fingerprint) {
  const auto text = base::read_file(folder / (server + ".json"));
  if (!text ||
      !mcp::check_json(*text, {.depth = mcp::ScanLimits::kMostDepth, .bytes = UINT32_MAX - 1}))
    return nullptr;
  if (mcp::member(*text, "fingerprint") != base::json_quote(fingerprint)) return nullptr;
  auto lists = std::make_shared<Lists>();
  lists->stored = true;
  lists->initialize = mcp::member(*text, "initialize");
  if (!lists->initialize.starts_with('{')) return nullptr;
  for (const auto& kind : kKinds)
    lists.get()->*kind.items = mcp::list_items(*text, kind.member, kind.key);
  return lists;
}

}  // namespace gantry::fabric
