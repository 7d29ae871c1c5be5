#include "config/dotenv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/strings.h"

namespace gantry::config {
namespace {

bool is_name(std::string_view text) {
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_.-").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, part);
}

bool is_blank_or_comment(std::string_view text) {
  text = base::trim(text);
  return text.empty() || text.starts_with('#');
}

std::optional<std::string> unquote(std::string_view text) {
  const char mark = text.front();
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == mark) {
      return is_blank_or_comment(text.substr(i + 1)) ? std::optional(out) : std::nullopt;
    }
    const bool escape = mark == '"' && text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      out.push_back(text[i]);
      continue;
    }
    const char next = text[++i];
    if (next != 'n' && next != 'r' && next != 't' && next != '"' && next != '\\')
      out.push_back('\\');
    out.push_back(next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next);
  }
  return std::nullopt;
}

std::optional<std::string> value_of(std::string_view text) {
  text = base::trim(text);
  if (text.starts_with('"') || text.starts_with('\'')) return unquote(text);
  if (text.starts_with('#')) return "";
  return std::string(base::trim(text.substr(0, text.find(" #"))));
}

}  // namespace

base::Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text) {
  constexpr std::string_view kExport = "export ";
  std::map<std::string, std::string> out;
  std::size_t number = 0;
  for (auto line : base::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (is_blank_or_comment(line)) continue;
    if (line.starts_with(kExport)) line.remove_prefix(kExport.size());
    const auto equals = line.find('=');
    const auto name = base::trim(line.substr(0, equals));
    auto value =
        equals == std::string_view::npos ? std::nullopt : value_of(line.substr(equals + 1));
    if (!value || !is_name(name)) {
      return base::fail(base::Code::kInvalid, fmt::format("line {} is not NAME=VALUE", number));
    }
    out.insert_or_assign(std::string(name), *std::move(value));
  }
  return out;
}

}  // namespace gantry::config
