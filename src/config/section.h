// Reads one key of a section by its row.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/rows.h"
#include "config/scope.h"

namespace gantry::config {

/// `path`: the whole key, for messages. A list's row takes a scalar alone too.
template <typename Target>
void put_node(const Row<Target>& row, const document::Node& node, std::string_view path,
              Scope& scope, Target& target) {
  if (!row.is_list()) {
    const auto text = scope.text(node, path);
    if (!text) return;
    if (auto put = row.put(target, *text); !put) scope.problem(node.mark, path, put.error());
    return;
  }
  row.clear(target);
  for (const auto& item : scope.one_or_more(node, path)) {
    if (auto put = row.put(target, item.text); !put) scope.problem(item.mark, path, put.error());
  }
}

}  // namespace gantry::config
