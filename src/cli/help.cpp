#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/command_info.h"

namespace gantry::cli {
namespace {

struct Line {
  std::string left;
  std::string right;
};

void section(std::string& out, std::string_view title, const std::vector<Line>& lines) {
  if (lines.empty()) return;
  std::size_t widest = 0;
  for (const auto& line : lines) widest = std::max(widest, line.left.size());
  out += fmt::format("\n{}\n", title);
  for (const auto& line : lines) {
    out += line.right.empty() ? fmt::format("  {}\n", line.left)
                              : fmt::format("  {:{}}  {}\n", line.left, widest, line.right);
  }
}

std::vector<Line> examples_of(const CommandInfo& command) {
  std::vector<Line> lines;
  for (const auto text : base::split(command.examples, '\n')) {
    if (text.empty()) continue;
    const auto mark = text.find("  # ");
    const auto right = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 2);
    lines.push_back({std::string(base::trim(text.substr(0, mark))), std::string(right)});
  }
  return lines;
}

std::vector<Line> options_of(const CommandInfo& command) {
  std::vector<Line> lines;
  for (const auto& option : command.options) {
    auto left = base::join(option.names, ", ");
    if (option.names.size() == 1) left = "    " + left;
    if (!option.value.empty()) left += ' ' + option.value;
    lines.push_back({left, option.summary + (option.repeats ? " (may be repeated)" : "")});
  }
  return lines;
}

std::string usage_of(const CommandInfo& command) {
  auto usage = command.path;
  if (!command.commands.empty()) return usage + " COMMAND";
  if (!command.options.empty()) usage += " [OPTIONS]";
  for (const auto& argument : command.arguments) usage += ' ' + argument.value;
  return usage;
}

/// Every command that can be run, groups opened: "server logs".
void leaves_of(const CommandInfo& command, std::size_t skip, std::vector<Line>& lines) {
  for (const auto& each : command.commands) {
    if (each.commands.empty()) lines.push_back({each.path.substr(skip), each.summary});
    leaves_of(each, skip, lines);
  }
}

}  // namespace

std::string help(const CommandInfo& command) {
  auto out = fmt::format("{}: {}\n", command.path, command.summary);
  section(out, "EXAMPLES", examples_of(command));
  section(out, "USAGE", {{usage_of(command), ""}});
  std::vector<Line> commands;
  leaves_of(command, command.path.size() + 1, commands);
  section(out, "COMMANDS", commands);
  std::vector<Line> arguments;
  for (const auto& each : command.arguments) arguments.push_back({each.value, each.summary});
  section(out, "ARGUMENTS", arguments);
  section(out, "OPTIONS", options_of(command));
  section(
      out, "EXIT STATUS",
      {{"0 ok, 1 failed, 2 usage, 3 not allowed, 4 unreachable, 5 a tool answered with an error",
        ""}});
  return out;
}

std::vector<std::string> choices(const std::string& value) {
  if (!value.contains('|')) return {};
  std::vector<std::string> words;
  for (const auto word : base::split(value, '|')) words.emplace_back(word);
  return words;
}

}  // namespace gantry::cli
