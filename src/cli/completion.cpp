#include <fmt/format.h>

#include <string_view>

#include "base/strings.h"
#include "cli/command_info.h"
#include "cli/commands.h"
#include "cli/parser.h"

namespace gantry::cli {
namespace {

constexpr std::string_view kServers = "gantry server ls --names 2>/dev/null";
constexpr std::string_view kTools = "gantry tool ls --names 2>/dev/null";

/// Every command below `root`, the root first.
void flatten(const CommandInfo& command, std::vector<const CommandInfo*>& all) {
  all.push_back(&command);
  for (const auto& each : command.commands) flatten(each, all);
}

std::vector<const CommandInfo*> flat(const CommandInfo& root) {
  std::vector<const CommandInfo*> all;
  flatten(root, all);
  return all;
}

/// "server logs"; empty for the root.
std::string words_of(const CommandInfo& root, const CommandInfo& command) {
  return command.path.size() > root.path.size() ? command.path.substr(root.path.size() + 1) : "";
}

std::string escaped(std::string_view text, std::string_view marks) {
  std::string out;
  for (const char c : text) {
    if (marks.contains(c)) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

/// Inside a shell's single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out.append(c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1));
  return out + "'";
}

// ---- bash ---------------------------------------------------------------------------------------

std::string bash_words(const std::string& value) {
  if (value == "SERVER") return fmt::format("$({})", kServers);
  if (value == "TOOL") return fmt::format("$({})", kTools);
  return base::join(choices(value), " ");
}

std::string bash_value(const std::string& value) {
  if (value == "FILE") return "COMPREPLY=($(compgen -f -- \"$current\"))";
  return fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))", bash_words(value));
}

std::string bash_case(const CommandInfo& root, const CommandInfo& command) {
  std::string words;
  std::string values;
  for (const auto& each : command.commands) words += each.name + ' ';
  for (const auto& option : command.options) {
    words += base::join(option.names, " ") + ' ';
    if (option.value.empty()) continue;
    values += fmt::format("        {}) {}; return ;;\n", base::join(option.names, "|"),
                          bash_value(option.value));
  }
  for (const auto& each : command.arguments) words += bash_words(each.value) + ' ';
  auto out = fmt::format("    {})\n", quoted(words_of(root, command)));
  if (!values.empty()) out += fmt::format("      case \"$previous\" in\n{}      esac\n", values);
  return out + fmt::format("      words=\"{}\" ;;\n", base::trim(words));
}

std::string bash(const CommandInfo& root) {
  std::string known;
  std::string cases;
  for (const auto* command : flat(root)) {
    cases += bash_case(root, *command);
    if (command != &root) known += fmt::format("{}|", quoted(words_of(root, *command)));
  }
  known.pop_back();
  return fmt::format(R"sh(# bash completion of gantry: source <(gantry completion bash)
_gantry() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command="" words="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${{command:+$command }}${{COMP_WORDS[i]}}"
    case "$next" in
      {}) command="$next" ;;
    esac
  done
  COMPREPLY=()
  case "$command" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _gantry gantry
)sh",
                     known, cases);
}

// ---- zsh ----------------------------------------------------------------------------------------

std::string zsh_action(const std::string& value) {
  if (value == "FILE") return "_files";
  if (value == "SERVER") return "_gantry_servers";
  if (value == "TOOL") return "_gantry_tools";
  return choices(value).empty() ? " " : fmt::format("({})", base::join(choices(value), " "));
}

std::string zsh_option(const OptionInfo& option, const std::string& name) {
  const auto summary = escaped(option.summary, "[]:\\");
  const auto shown = choices(option.value).empty() ? option.value : std::string("value");
  const auto value = option.value.empty()
                         ? ""
                         : fmt::format(":{}:{}", escaped(shown, ":"), zsh_action(option.value));
  return quoted(fmt::format("{}{}[{}]{}", option.repeats ? "*" : "", name, summary, value));
}

std::string zsh_case(const CommandInfo& root, const CommandInfo& command) {
  auto out = fmt::format("    {})\n", quoted(words_of(root, command)));
  if (!command.commands.empty()) {
    out += "      local -a commands=(";
    for (const auto& each : command.commands) {
      out += '\n' + std::string(8, ' ') + quoted(each.name + ':' + escaped(each.summary, ":\\"));
    }
    out += ")\n      _describe command commands\n";
  }
  out += "      _arguments -s";
  for (const auto& option : command.options) {
    for (const auto& name : option.names) out += " \\\n        " + zsh_option(option, name);
  }
  for (const auto& each : command.arguments) {
    const auto shown = choices(each.value).empty() ? each.value : std::string("value");
    out += " \\\n        " + quoted(fmt::format(":{}:{}", shown, zsh_action(each.value)));
  }
  return out + " ;;\n";
}

std::string zsh(const CommandInfo& root) {
  std::string known;
  std::string cases;
  for (const auto* command : flat(root)) {
    cases += zsh_case(root, *command);
    if (command != &root) known += fmt::format("{}|", quoted(words_of(root, *command)));
  }
  known.pop_back();
  return fmt::format(R"sh(#compdef gantry
# zsh completion of gantry: gantry completion zsh > "${{fpath[1]}}/_gantry"
_gantry_servers() {{ local -a names=(${{(f)"$({})"}}); compadd -a names }}
_gantry_tools() {{ local -a names=(${{(f)"$({})"}}); compadd -a names }}
_gantry() {{
  local command="" next
  while (( CURRENT > 2 )); do
    next="${{command:+$command }}${{words[2]}}"
    case "$next" in
      {}) command="$next"; shift words; (( CURRENT-- )) ;;
      *) break ;;
    esac
  done
  case "$command" in
{}  esac
}}
if [[ "$funcstack[1]" == _gantry ]]; then
  _gantry "$@"  # read from fpath at the first completion
else
  compdef _gantry gantry
fi
)sh",
                     kServers, kTools, known, cases);
}

// ---- fish ---------------------------------------------------------------------------------------

std::string fish_quoted(std::string_view text) { return "'" + escaped(text, "'\\") + "'"; }

std::string fish_value(const std::string& value) {
  if (value.empty()) return "";
  if (value == "FILE") return " -r -F";
  if (value == "SERVER") return fmt::format(" -x -a '({})'", kServers);
  if (value == "TOOL") return fmt::format(" -x -a '({})'", kTools);
  const auto words = choices(value);
  return words.empty() ? " -x" : fmt::format(" -x -a '{}'", base::join(words, " "));
}

std::string fish_lines(const CommandInfo& root, const CommandInfo& command) {
  const auto start =
      fmt::format("complete -c gantry -n '__gantry_at \"{}\"'", words_of(root, command));
  std::string out;
  for (const auto& each : command.commands) {
    out += fmt::format("{} -a {} -d {}\n", start, each.name, fish_quoted(each.summary));
  }
  for (const auto& option : command.options) {
    std::string names;
    for (const auto& name : option.names) {
      names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    out += fmt::format("{}{}{} -d {}\n", start, names, fish_value(option.value),
                       fish_quoted(option.summary));
  }
  for (const auto& each : command.arguments) out += start + fish_value(each.value) + '\n';
  return out;
}

std::string fish(const CommandInfo& root) {
  std::string known;
  std::string lines;
  for (const auto* command : flat(root)) {
    lines += fish_lines(root, *command);
    if (command != &root) known += fmt::format(" {}", quoted(words_of(root, *command)));
  }
  return fmt::format(R"sh(# fish completion of gantry: gantry completion fish | source
function __gantry_at
    set -l command ""
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$command $word")
        contains -- "$next"{}; and set command $next
    end
    test "$command" = "$argv[1]"
end
complete -c gantry -f
{})sh",
                     known, lines);
}

}  // namespace

std::string completion_script(const CommandInfo& root, const std::string& shell) {
  if (shell == "bash") return bash(root);
  return shell == "zsh" ? zsh(root) : fish(root);
}

int completion(const CompletionOptions& options, Console& console) {
  const auto script = completion_script(command_tree(), options.shell);
  if (options.json) {
    console.out() << fmt::format("{{\"shell\":{},\"script\":{}}}\n",
                                 base::json_quote(options.shell), base::json_quote(script));
  } else {
    console.out() << script;
  }
  return 0;
}

}  // namespace gantry::cli
