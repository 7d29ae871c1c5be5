#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/mcp_client.h"
#include "cli/table.h"

namespace gantry::cli {
namespace {

void print(const Json& tools, const ToolListOptions& options, Console& console) {
  if (options.json) {
    console.out() << indented(tools) << '\n';
    return;
  }
  std::vector<Row> rows;
  if (!options.names) rows.push_back({{"TOOL", Colour::kDim}, {"WHAT IT DOES", Colour::kDim}});
  for (const auto& tool : tools) {
    Row row{printable(text_at(tool, "name"))};
    if (!options.names) row.emplace_back(one_line(text_at(tool, "description"), 90));
    rows.push_back(std::move(row));
  }
  console.out() << table(rows, console);
  if (tools.empty() && !options.names) console.note("no tools; why: gantry status");
}

}  // namespace

int tool_ls(const ToolListOptions& options, Console& console) {
  const auto listed = with_session(options.server, {}, [&](McpSession& session) -> base::Result<> {
    print(GANTRY_TRY(session.tools()), options, console);
    return {};
  });
  return listed ? 0 : console.fail(listed.error());
}

}  // namespace gantry::cli
