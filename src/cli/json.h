// JSON documents off the call path, read without exceptions: what is missing or of another type is
// a default.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::cli {

/// Keys keep their order. This header only declares the type: a .cpp that uses it includes
/// nlohmann/json.hpp.
using Json = nlohmann::ordered_json;

/// `what` names the text in the error: "the gateway's answer".
[[nodiscard]] base::Result<Json> parse_json(std::string_view text, std::string_view what);
/// One line, or indented by two; what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string compact(const Json& json);
[[nodiscard]] std::string indented(const Json& json);

/// The member's value; another type, or no such member: the default.
[[nodiscard]] std::string text_at(const Json& object, const char* key);
[[nodiscard]] long long number_at(const Json& object, const char* key);
[[nodiscard]] bool flag_at(const Json& object, const char* key);
/// The member, or null. The reference lives as long as `object`.
[[nodiscard]] const Json& member(const Json& object, const char* key);

}  // namespace gantry::cli
