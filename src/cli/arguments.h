// A tool's arguments from the command line, typed by the tool's input schema.
#pragma once

#include <span>
#include <string>

#include "cli/json.h"

namespace gantry::cli {

/// `pairs` ("key=value") over the members of `given` (an object). A value becomes what the schema
/// says: a number, a truth value, null, an object or array written as JSON; else a string. Errors
/// (kInvalid): not key=value, a key given twice, a value of the wrong type, a key that the schema
/// refuses, each required one that is missing.
[[nodiscard]] base::Result<Json> typed_arguments(const Json& schema, const Json& given,
                                                 std::span<const std::string> pairs);
/// "string", "number or null", "array"; "any" where the schema does not say.
[[nodiscard]] std::string type_text(const Json& schema, const Json& property);

}  // namespace gantry::cli
