#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "base/strings.h"

namespace gantry::cli {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr int kDeepest = 16;  // a schema that refers to itself ends here

std::string type_name(const Json& value) {
  if (value.is_number_integer()) return "integer";
  return value.is_boolean() ? "boolean" : value.type_name();
}

void collect(const Json& root, const Json& property, int depth, std::vector<std::string>& types) {
  const auto add = [&](std::string type) {
    if (std::ranges::find(types, type) == types.end()) types.push_back(std::move(type));
  };
  if (depth > kDeepest) return;
  const auto& type = member(property, "type");
  if (type.is_string()) add(type.get<std::string>());
  if (type.is_array()) {
    for (const auto& each : type) {
      if (each.is_string()) add(each.get<std::string>());
    }
  }
  if (!types.empty()) return;
  for (const auto& each : member(property, "enum")) add(type_name(each));
  if (property.is_object() && property.contains("const")) add(type_name(property["const"]));
  for (const auto* key : {"anyOf", "oneOf", "allOf"}) {
    if (!member(property, key).is_array()) continue;
    for (const auto& each : member(property, key)) {
      std::vector<std::string> inner;
      collect(root, each, depth + 1, inner);
      for (auto& found : inner) add(std::move(found));
    }
  }
  const auto reference = text_at(property, "$ref");
  if (!reference.starts_with("#/")) return;
  const Json* at = &root;
  for (const auto step : base::split(std::string_view(reference).substr(2), '/')) {
    at = &member(*at, std::string(step).c_str());
  }
  collect(root, *at, depth + 1, types);
}

std::vector<std::string> types_of(const Json& root, const Json& property) {
  std::vector<std::string> types;
  collect(root, property, 0, types);
  return types;
}

bool fits(const Json& value, std::string_view type) {
  if (type == "number") return value.is_number();
  if (type == "integer") {
    return value.is_number_integer() ||
           (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
  }
  return type == type_name(value);
}

/// The text as one of the types; a string where that is allowed or nothing is said.
Result<Json> typed(const std::string& key, const std::string& text, const Json& root,
                   const Json& property) {
  const auto types = types_of(root, property);
  const auto parsed = parse_json(text, key);
  for (const auto& type : types) {
    if (type != "string" && parsed && fits(*parsed, type)) return *parsed;
  }
  if (types.empty() || std::ranges::find(types, "string") != types.end()) return Json(text);
  const bool structured = types.front() == "array" || types.front() == "object";
  return fail(
      Code::kInvalid,
      fmt::format("argument '{}': '{}' is not of type {}", key, text, type_text(root, property)),
      structured ? fmt::format("write it as JSON: --arg {}='{}'", key,
                               types.front() == "array" ? "[…]" : "{…}")
                 : "");
}

Result<> check_known(const std::string& key, const Json& schema) {
  const auto& properties = member(schema, "properties");
  const auto& more = member(schema, "additionalProperties");
  if (!member(properties, key.c_str()).is_null() || !more.is_boolean() || more.get<bool>())
    return {};
  std::vector<std::string> names;
  for (const auto& [name, unused] : properties.items()) names.push_back(name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = base::nearest(key, views);
  return fail(Code::kInvalid, fmt::format("the tool has no argument '{}'", key),
              near ? fmt::format("did you mean '{}'?", *near)
                   : fmt::format("it has: {}", base::join(names, ", ")));
}

Result<> check_required(const Json& schema, const Json& arguments) {
  std::vector<std::string> missing;
  std::string hint;
  for (const auto& each : member(schema, "required")) {
    if (!each.is_string() || arguments.contains(each.get<std::string>())) continue;
    const auto name = each.get<std::string>();
    const auto type = type_text(schema, member(member(schema, "properties"), name.c_str()));
    missing.push_back("'" + name + "'");
    hint += fmt::format("{}--arg {}={}", hint.empty() ? "add " : " ", name, base::to_lower(type));
  }
  if (missing.empty()) return {};
  return fail(Code::kInvalid,
              fmt::format("missing argument{} {}", missing.size() > 1 ? "s" : "",
                          base::join(missing, ", ")),
              std::move(hint));
}

}  // namespace

Result<Json> typed_arguments(const Json& schema, const Json& given,
                             std::span<const std::string> pairs) {
  if (!given.is_object()) {
    return fail(Code::kInvalid, "--json-args is no object",
                "write --json-args '{\"key\": \"value\"}'");
  }
  Json arguments = given;
  std::set<std::string> seen;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Code::kInvalid, fmt::format("--arg '{}' is not KEY=VALUE", pair),
                  "write --arg message=hello");
    }
    const auto key = pair.substr(0, equals);
    if (!seen.insert(key).second) {
      return fail(Code::kInvalid, fmt::format("argument '{}' is given twice", key),
                  fmt::format("several values are one array: --arg {}='[…]'", key));
    }
    GANTRY_TRY(check_known(key, schema));
    const auto& property = member(member(schema, "properties"), key.c_str());
    arguments[key] = GANTRY_TRY(typed(key, pair.substr(equals + 1), schema, property));
  }
  GANTRY_TRY(check_required(schema, arguments));
  return arguments;
}

std::string type_text(const Json& schema, const Json& property) {
  const auto types = types_of(schema, property);
  return types.empty() ? "any" : base::join(types, " or ");
}

}  // namespace gantry::cli
