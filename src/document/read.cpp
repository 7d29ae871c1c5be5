#include "document/read.h"

#include "base/strings.h"
#include "document/text.h"

namespace gantry::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The first character that is neither white space nor in a JSON comment; 0 at the end.
char first_character(std::string_view text) {
  while (true) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return '\0';
    text.remove_prefix(begin);
    if (!text.starts_with("//") && !text.starts_with("/*")) return text.front();
    const bool line = text.starts_with("//");
    const auto end = text.find(line ? "\n" : "*/", 2);
    if (end == std::string_view::npos) return '\0';
    text.remove_prefix(end + (line ? 1 : 2));
  }
}

bool is_yaml_name(std::string_view name) {
  const auto lower = base::to_lower(name);
  return lower.ends_with(".yaml") || lower.ends_with(".yml");
}

}  // namespace

Read<Document> read(std::string_view text, std::string_view file_name) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto bad = find_invalid_utf8(text)) {
    return std::unexpected(Fault{mark_at(text, *bad), "not UTF-8", "save the file as UTF-8"});
  }
  const bool json = !is_yaml_name(file_name) && first_character(text) == '{';
  auto root = json ? read_json(text) : read_yaml(text);
  if (!root) return std::unexpected(std::move(root).error());
  return Document{.root = *std::move(root), .format = json ? Format::kJson : Format::kYaml};
}

}  // namespace gantry::document
