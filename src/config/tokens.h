// Bearer tokens: from files and variables, never from the configuration itself.
#pragma once

#include <string_view>
#include <vector>

#include "config/model.h"
#include "config/scope.h"

namespace gantry::config {

/// A file with one token a line, each "TOKEN" or "NAME:TOKEN"; empty lines and those with # in
/// front are skipped.
[[nodiscard]] base::Result<std::vector<Token>> read_token_list(const std::filesystem::path& path);
/// Refused: shorter than 16 bytes, well known, not visible ASCII, a name or a token that is there
/// already.
[[nodiscard]] base::Result<> add_token(std::vector<Token>& tokens, Token token);
/// gateway.auth.tokens of the file: a list of {name, file | env | value} or of "${…}".
[[nodiscard]] std::vector<Token> read_tokens(const document::Node& node, Scope& scope);

}  // namespace gantry::config
