#include "config/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/file.h"
#include "base/strings.h"
#include "config/keys.h"

namespace gantry::config {
namespace {

using base::Code;
using base::fail;
using document::Kind;
using document::Node;

constexpr std::string_view kKey = "gateway.auth.tokens";
constexpr std::size_t kLeast = 16;
constexpr std::size_t kMostFile = 1U << 20U;
constexpr auto kMakeOne = "make one with: openssl rand -base64 32";

/// The same few characters over and over ("changemechangeme", "0000000000000000") hold no secret.
bool repeats(std::string_view text) {
  for (std::size_t period = 1; period <= text.size() / 2; ++period) {
    bool same = true;
    for (std::size_t i = period; same && i < text.size(); ++i) same = text[i] == text[i - period];
    if (same) return true;
  }
  return false;
}

bool is_well_known(std::string_view secret) {
  constexpr std::array<std::string_view, 12> kParts = {
      "changeme", "changeit",    "replaceme",    "yourtoken", "yoursecret",  "mysecrettoken",
      "password", "placeholder", "exampletoken", "12345678",  "secrettoken", "0123456789"};
  std::string plain = base::to_lower(secret);
  std::erase_if(plain, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  // A part within a long random token is chance; in a short one it is a word.
  const auto holds = [&](auto part) {
    return plain.contains(part) && plain.size() < part.size() + kLeast;
  };
  return repeats(secret) || std::ranges::any_of(kParts, holds);
}

base::Result<> check_secret(std::string_view secret) {
  if (secret.empty()) return fail(Code::kInvalid, "the token is empty", kMakeOne);
  if (is_well_known(secret))
    return fail(Code::kInvalid, "the token is a well known default", kMakeOne);
  if (secret.size() < kLeast) {
    return fail(Code::kInvalid, fmt::format("the token is shorter than {} bytes", kLeast),
                kMakeOne);
  }
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(secret, visible)) {
    return fail(Code::kInvalid, "the token holds a space or a character that is not visible ASCII",
                kMakeOne);
  }
  return {};
}

/// One ${…} and nothing else: no literal can hide beside it, nor as its default.
bool is_reference(std::string_view text) {
  return text.starts_with("${") && text.find('}') == text.size() - 1 && !text.contains(":-");
}

base::Result<std::string> read_one(const std::filesystem::path& path) {
  auto content = GANTRY_TRY(base::read_file(path, kMostFile));
  while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
  if (content.empty())
    return fail(Code::kInvalid, fmt::format("{} is empty", path.string()), kMakeOne);
  if (content.contains('\n')) {
    return fail(Code::kInvalid, fmt::format("{} holds more than one line", path.string()),
                "keep one token a file here; GANTRY_AUTH_TOKENS_FILE names a file with many");
  }
  return content;
}

/// The value of one way to give a token.
std::optional<std::string> secret_of(const std::string& way, const Node& node, Scope& scope) {
  if (way == "value" && (!node.is_scalar() || !is_reference(node.text))) {
    scope.problem(node.mark, fmt::format("{}: a token must not stand in this file", kKey),
                  "write ${file:/run/secrets/token} or ${VAR}, or {name: laptop, file: PATH}");
    return std::nullopt;
  }
  const auto text = scope.text(node, kKey);
  if (!text || way == "value") return text;
  if (way == "env") {
    // A variable's name, read as the reference that it stands for.
    Node reference(Kind::kString, node.mark, fmt::format("${{env:{}}}", *text));
    return scope.text(reference, kKey);
  }
  auto read = read_one(scope.variables().folder() / *text);
  if (read) return *std::move(read);
  scope.problem(node.mark, kKey, read.error());
  return std::nullopt;
}

struct Given {
  std::string name;
  std::string way;
  const Node* value = nullptr;
};

/// {name, file | env | value}
std::optional<Given> read_mapping(const Node& node, Scope& scope) {
  Given given;
  const auto before = scope.count();
  walk(node, kKey, {.leaves = {"name", "file", "env", "value"}}, scope,
       [&](std::string_view key, const Node& value) {
         if (key == "name") {
           given.name = scope.text(value, fmt::format("{}.name", kKey)).value_or("");
         } else if (given.value != nullptr) {
           scope.problem(value.mark,
                         fmt::format("{}: both {} and {} are given", kKey, given.way, key),
                         "keep one of them");
         } else {
           given.way = key;
           given.value = &value;
         }
       });
  if (scope.count() == before && given.value == nullptr) {
    scope.problem(node.mark, fmt::format("{}: a token without a source", kKey),
                  "write {name: laptop, file: PATH}");
  }
  return scope.count() == before ? std::optional(given) : std::nullopt;
}

}  // namespace

base::Result<std::vector<Token>> read_token_list(const std::filesystem::path& path) {
  const auto content = GANTRY_TRY(base::read_file(path, kMostFile));
  std::vector<Token> tokens;
  std::size_t number = 0;
  for (auto line : base::split(content, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    const bool named = colon != std::string_view::npos && colon > 0;
    const auto secret = base::trim(named ? line.substr(colon + 1) : line);
    auto name =
        named ? std::string(base::trim(line.substr(0, colon))) : fmt::format("token-{}", number);
    auto added = add_token(tokens, Token{std::move(name), base::Secret(std::string(secret))});
    if (!added) {
      added.error().message =
          fmt::format("{}:{}: {}", path.string(), number, added.error().message);
      return std::unexpected(std::move(added).error());
    }
  }
  if (tokens.empty())
    return fail(Code::kInvalid, fmt::format("{} holds no token", path.string()), kMakeOne);
  return tokens;
}

base::Result<> add_token(std::vector<Token>& tokens, Token token) {
  if (auto good = check_secret(token.secret.reveal()); !good) return good;
  if (token.name.empty() || token.name.find_first_of(" \t\r\n") != std::string::npos) {
    return fail(Code::kInvalid, "a token's name is one word");
  }
  for (const auto& other : tokens) {
    if (other.name == token.name)
      return fail(Code::kInvalid, fmt::format("two tokens are named '{}'", token.name));
    if (other.secret.reveal() == token.secret.reveal()) {
      return fail(Code::kInvalid,
                  fmt::format("'{}' and '{}' are the same token", other.name, token.name));
    }
  }
  tokens.push_back(std::move(token));
  return {};
}

std::vector<Token> read_tokens(const Node& node, Scope& scope) {
  std::vector<Token> tokens;
  if (node.kind != Kind::kSequence) {
    scope.problem(node.mark,
                  fmt::format("{}: expected a list, found {}", kKey, kind_name(node.kind)),
                  "write [{name: laptop, file: PATH}]");
    return tokens;
  }
  std::size_t number = 0;
  for (const auto& item : node.items) {
    ++number;
    auto given =
        item.kind == Kind::kMapping ? read_mapping(item, scope) : Given{"", "value", &item};
    if (!given) continue;
    auto secret = secret_of(given->way, *given->value, scope);
    if (!secret) continue;
    if (given->name.empty()) given->name = fmt::format("token-{}", number);
    auto added = add_token(tokens, Token{given->name, base::Secret(*std::move(secret))});
    if (!added) scope.problem(item.mark, kKey, added.error());
  }
  return tokens;
}

}  // namespace gantry::config
