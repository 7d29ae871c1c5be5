// The elements of a list that a server answers with, each kept as its own bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/envelope.h"

namespace gantry::mcp {

struct ListItem {
  std::string raw;  ///< the object as it came
  Span key_span;    ///< in raw: the value of its key member (a string token)
  std::string key;  ///< decoded
};

/// Of the result `{"tools": [ … ]}`: the objects of the member `list` that have a string member
/// `key`; others are left out. Nothing where there is no such array. `result`: well-formed JSON.
[[nodiscard]] std::vector<ListItem> list_items(std::string_view result, std::string_view list,
                                               std::string_view key);
/// The value of a first-level member of an object, raw; empty where there is none.
[[nodiscard]] std::string_view member(std::string_view object, std::string_view key);

}  // namespace gantry::mcp
