#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace gantry::cli {
namespace {

const Json kSchema = Json::parse(R"({
  "type": "object",
  "properties": {
    "text": {"type": "string"}, "count": {"type": "integer"}, "ratio": {"type": "number"},
    "on": {"type": "boolean"}, "list": {"type": "array"}, "map": {"type": "object"},
    "maybe": {"type": ["string", "null"]},
    "either": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    "level": {"enum": [1, 2]}, "word": {"enum": ["a", "b"]}, "free": {},
    "far": {"$ref": "#/$defs/size"}
  },
  "$defs": {"size": {"type": "integer"}},
  "additionalProperties": false
})");

struct Case {
  const char* pair;
  const char* expected;  ///< the arguments as JSON, or the error's message
};

class TypedArgument : public testing::TestWithParam<Case> {};

TEST_P(TypedArgument, BySchema) {
  const std::vector<std::string> pairs{GetParam().pair};
  const auto typed = typed_arguments(kSchema, Json::object(), pairs);
  EXPECT_EQ(typed ? compact(*typed) : typed.error().message, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TypedArgument,
    testing::Values(Case{"text=12", R"({"text":"12"})"}, Case{"text=a=b", R"({"text":"a=b"})"},
                    Case{"text=", R"({"text":""})"}, Case{"count=-3", R"({"count":-3})"},
                    Case{"count=9007199254740993", R"({"count":9007199254740993})"},
                    Case{"count=1.5", "argument 'count': '1.5' is not of type integer"},
                    Case{"count=1e400", "argument 'count': '1e400' is not of type integer"},
                    Case{"count=2.0", R"({"count":2.0})"}, Case{"ratio=1.5", R"({"ratio":1.5})"},
                    Case{"ratio=many", "argument 'ratio': 'many' is not of type number"},
                    Case{"on=true", R"({"on":true})"},
                    Case{"on=yes", "argument 'on': 'yes' is not of type boolean"},
                    Case{"list=[1,\"a\"]", R"({"list":[1,"a"]})"},
                    Case{"list=a", "argument 'list': 'a' is not of type array"},
                    Case{"map={\"b\":1,\"a\":2}", R"({"map":{"b":1,"a":2}})"},
                    Case{"map=[]", "argument 'map': '[]' is not of type object"},
                    Case{"maybe=null", R"({"maybe":null})"}, Case{"maybe=3", R"({"maybe":"3"})"},
                    Case{"either=3", R"({"either":3})"},
                    Case{"either=x", "argument 'either': 'x' is not of type number or null"},
                    Case{"level=2", R"({"level":2})"}, Case{"word=a", R"({"word":"a"})"},
                    Case{"free=12", R"({"free":"12"})"}, Case{"far=7", R"({"far":7})"},
                    Case{"txet=1", "the tool has no argument 'txet'"},
                    Case{"text", "--arg 'text' is not KEY=VALUE"},
                    Case{"=1", "--arg '=1' is not KEY=VALUE"}));

TEST(TypedArguments, PairsGoOverTheObjectAndMissingOnesAreNamed) {
  const auto schema = Json::parse(
      R"({"properties": {"a": {"type": "number"}, "b": {"type": "string"}},
          "required": ["a", "b", "c"]})");
  const std::vector<std::string> pairs{"a=1"};
  const auto missing = typed_arguments(schema, Json::parse(R"({"a": 5})"), pairs);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "missing arguments 'b', 'c'");
  EXPECT_EQ(missing.error().hint, "add --arg b=string --arg c=any");
  const auto full = typed_arguments(schema, Json::parse(R"({"a": 5, "b": "x", "c": [1]})"), pairs);
  ASSERT_TRUE(full);
  EXPECT_EQ(compact(*full), R"({"a":1,"b":"x","c":[1]})");
}

TEST(TypedArguments, RefusesTwiceAndNoObject) {
  const std::vector<std::string> twice{"text=a", "text=b"};
  EXPECT_EQ(typed_arguments(kSchema, Json::object(), twice).error().message,
            "argument 'text' is given twice");
  EXPECT_EQ(typed_arguments(kSchema, Json::array(), {}).error().message,
            "--json-args is no object");
}

TEST(TypedArguments, ASchemaThatRefersToItselfEnds) {
  const auto schema = Json::parse(R"({"properties": {"a": {"$ref": "#/properties/a"}}})");
  const std::vector<std::string> pairs{"a=1"};
  EXPECT_EQ(compact(*typed_arguments(schema, Json::object(), pairs)), R"({"a":"1"})");
}

}  // namespace
}  // namespace gantry::cli
