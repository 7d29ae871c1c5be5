#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/mcp_client.h"
#include "cli/table.h"

namespace gantry::cli {
namespace {

bool is_required(const Json& schema, const std::string& name) {
  const auto& required = member(schema, "required");
  return std::ranges::find(required, Json(name)) != required.end();
}

std::vector<Row> argument_rows(const Json& schema) {
  const auto& properties = member(schema, "properties");
  std::vector<Row> rows;
  if (!properties.is_object() || properties.empty()) return rows;
  rows.push_back({{"ARGUMENT", Colour::kDim},
                  {"TYPE", Colour::kDim},
                  {"REQUIRED", Colour::kDim},
                  {"WHAT IT IS", Colour::kDim}});
  for (const auto& [name, property] : properties.items()) {
    auto text = one_line(text_at(property, "description"), 80);
    const auto& values = member(property, "enum");
    if (values.is_array()) text += (text.empty() ? "one of " : "; one of ") + compact(values);
    rows.push_back({printable(name), type_text(schema, property),
                    is_required(schema, name) ? "yes" : "no", printable(text)});
  }
  return rows;
}

std::string notes_of(const Json& tool) {
  const auto& annotations = member(tool, "annotations");
  std::string notes;
  const auto add = [&](const char* key, bool wanted, const char* note) {
    const auto& value = member(annotations, key);
    if (!value.is_boolean() || value.get<bool>() != wanted) return;
    notes.append(notes.empty() ? "" : ", ").append(note);
  };
  add("readOnlyHint", true, "only reads");
  add("destructiveHint", true, "may destroy");
  add("idempotentHint", true, "may be repeated");
  add("openWorldHint", true, "reaches the outside");
  return notes;
}

void print(const Json& tool, Console& console) {
  auto& out = console.out();
  out << console.painted(Colour::kBold, printable(text_at(tool, "name")));
  if (const auto title = text_at(tool, "title"); !title.empty()) out << ": " << printable(title);
  out << '\n';
  if (const auto text = text_at(tool, "description"); !text.empty()) out << printable(text) << '\n';
  if (const auto notes = notes_of(tool); !notes.empty())
    out << "The server says: " << notes << '\n';
  const auto rows = argument_rows(member(tool, "inputSchema"));
  out << '\n' << (rows.empty() ? "It takes no arguments.\n" : table(rows, console));
}

}  // namespace

int tool_show(const ToolShowOptions& options, Console& console) {
  const auto shown = with_session(options.server, {}, [&](McpSession& session) -> base::Result<> {
    const auto tools = GANTRY_TRY(session.tools());
    const auto tool = GANTRY_TRY(find_tool(tools, options.name));
    if (options.json) {
      console.out() << indented(tool) << '\n';
    } else {
      print(tool, console);
    }
    return {};
  });
  return shown ? 0 : console.fail(shown.error());
}

}  // namespace gantry::cli
