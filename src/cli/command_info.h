// The tree of commands as plain data: help and completion are written from it.
#pragma once

#include <string>
#include <vector>

namespace gantry::cli {

struct OptionInfo {
  std::vector<std::string> names;  ///< "-f", "--file"
  std::string value;               ///< "FILE", "debug|info"; empty for a flag
  std::string summary;
  bool repeats = false;
};

struct ArgumentInfo {
  std::string value;  ///< "SERVER", "bash|zsh|fish"
  std::string summary;
};

struct CommandInfo {
  std::string path;  ///< "gantry server logs"
  std::string name;  ///< "logs"
  std::string summary;
  std::string examples;  ///< lines "command   # what it does"
  std::vector<OptionInfo> options;
  std::vector<ArgumentInfo> arguments;
  std::vector<CommandInfo> commands;
};

/// What --help prints: the summary, examples, usage, then the details.
[[nodiscard]] std::string help(const CommandInfo& command);
/// The completion script of a shell ("bash", "zsh" or "fish"); names of servers and tools are asked
/// of the program.
[[nodiscard]] std::string completion_script(const CommandInfo& root, const std::string& shell);
/// "a|b|c" → its words; another value ("FILE") has none.
[[nodiscard]] std::vector<std::string> choices(const std::string& value);

}  // namespace gantry::cli
