#include "cli/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace gantry::cli {
namespace {

constexpr auto kReplace = Json::error_handler_t::replace;

}  // namespace

base::Result<Json> parse_json(std::string_view text, std::string_view what) {
  try {
    return Json::parse(text);
  } catch (const Json::exception&) {  // the seam: bad input is a value here
    return base::fail(base::Code::kParse, fmt::format("{} is not JSON", what));
  }
}

std::string compact(const Json& json) { return json.dump(-1, ' ', false, kReplace); }
std::string indented(const Json& json) { return json.dump(2, ' ', false, kReplace); }

std::string text_at(const Json& object, const char* key) {
  const auto& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

long long number_at(const Json& object, const char* key) {
  const auto& value = member(object, key);
  return value.is_number() ? value.get<long long>() : 0;
}

bool flag_at(const Json& object, const char* key) {
  const auto& value = member(object, key);
  return value.is_boolean() && value.get<bool>();
}

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : nothing;
}

}  // namespace gantry::cli
