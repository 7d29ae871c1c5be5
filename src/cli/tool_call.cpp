#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/mcp_client.h"

namespace gantry::cli {
namespace {

using base::Result;

constexpr int kToolError = 5;

/// --json-args: the object itself, @FILE, or - for standard input.
Result<Json> given_arguments(const std::string& given, Console& console) {
  if (given.empty()) return Json::object();
  if (given == "-") {
    const std::string text(std::istreambuf_iterator<char>(console.in()), {});
    return parse_json(text, "standard input");
  }
  if (given.starts_with('@')) {
    const auto path = given.substr(1);
    return parse_json(GANTRY_TRY(base::read_file(path)), path);
  }
  return parse_json(given, "--json-args");
}

std::string block_text(const Json& block) {
  const auto type = text_at(block, "type");
  if (type == "text") return text_at(block, "text");
  if (type == "resource_link") return text_at(block, "uri");
  const auto& resource = member(block, "resource");
  if (type == "resource" && member(resource, "text").is_string()) return text_at(resource, "text");
  const auto& holder = type == "resource" ? resource : block;
  const auto bytes = text_at(holder, type == "resource" ? "blob" : "data").size() / 4 * 3;
  return fmt::format("[{} {}, about {} bytes; --json prints it]", type, text_at(holder, "mimeType"),
                     bytes);
}

void print(const Json& result, const ToolCallOptions& options, Console& console) {
  if (options.json) {
    console.out() << indented(result) << '\n';
    return;
  }
  const auto& content = member(result, "content");
  for (const auto& block : content) {
    const auto text = printable(block_text(block));
    console.out() << text << (text.ends_with('\n') ? "" : "\n");
  }
  const auto& structured = member(result, "structuredContent");
  if (content.empty() && !structured.is_null()) console.out() << indented(structured) << '\n';
}

/// Shown once the call has taken two seconds: a short call needs no progress.
McpSession::OnProgress progress_line(Console& console) {
  return [&console, begun = base::Clock::now()](const Progress& progress) {
    if (base::Clock::now() - begun < std::chrono::seconds(2)) return;
    const auto of = progress.total ? fmt::format(" of {}", *progress.total) : std::string();
    console.progress(fmt::format("{}{}  {}", progress.done, of, one_line(progress.message, 60)));
  };
}

}  // namespace

int tool_call(const ToolCallOptions& options, Console& console) {
  const auto given = given_arguments(options.json_arguments, console);
  if (!given) return console.fail(given.error());
  int exit_status = 0;
  const auto use = [&](McpSession& session) -> Result<> {
    const auto tools = GANTRY_TRY(session.tools());
    const auto tool = GANTRY_TRY(find_tool(tools, options.name));
    auto arguments = typed_arguments(member(tool, "inputSchema"), *given, options.arguments);
    if (!arguments) {
      auto error = std::move(arguments).error();
      if (error.hint.empty()) error.hint = "see: gantry tool show " + options.name;
      return std::unexpected(std::move(error));
    }
    const auto result = GANTRY_TRY(session.call(options.name, *arguments, progress_line(console)));
    console.progress({});
    print(result, options, console);
    if (flag_at(result, "isError")) exit_status = kToolError;
    return {};
  };
  const auto called = with_session(options.server, {.silence = options.patience}, use);
  return called ? exit_status : console.fail(called.error());
}

}  // namespace gantry::cli
