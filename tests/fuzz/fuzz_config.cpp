// Feeds the document readers what a configuration's file may hold: any bytes. Both must answer, in
// bounded time.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "document/read.h"
#include "document/text.h"

namespace {

using gantry::document::Node;

void check(const Node& node, std::size_t depth) {
  GANTRY_ASSERT(depth <= gantry::document::kMostDepth);
  GANTRY_ASSERT(node.mark.line >= 1 && node.mark.column >= 1);
  GANTRY_ASSERT(!gantry::document::find_invalid_utf8(node.text));
  for (const auto& item : node.items) check(item, depth + 1);
  for (const auto& entry : node.entries) {
    GANTRY_ASSERT(node.find(entry.key) == &entry.value);  // no key twice
    check(entry.value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* name : {"settings.json", "gantry.yaml"}) {
    const auto document = gantry::document::read(text, name);
    if (document) check(document->root, 0);
    if (!document)
      GANTRY_ASSERT(document.error().mark.line >= 1 && !document.error().message.empty());
  }
  return 0;
}
