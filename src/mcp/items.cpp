#include "mcp/items.h"

#include "mcp/json_cursor.h"

namespace gantry::mcp {
namespace {

constexpr std::size_t kDepth = ScanLimits::kMostDepth;

bool read_item(JsonCursor& cursor, std::string_view bytes, std::string_view key,
               std::vector<ListItem>& items) {
  cursor.space();
  const auto begin = cursor.offset();
  if (cursor.type() != JsonType::kObject) return cursor.value();
  Span found;
  const bool read = cursor.object([&](std::string_view name) {
    const bool wanted = name == key;
    cursor.space();
    const auto from = cursor.offset();
    JsonType type{};
    if (!cursor.value(type)) return false;
    if (wanted && type == JsonType::kString) found = {.begin = from, .end = cursor.offset()};
    return true;
  });
  if (!read || !found.present()) return read;
  auto& item = items.emplace_back();
  item.raw = bytes.substr(begin, cursor.offset() - begin);
  item.key_span = {.begin = found.begin - begin, .end = found.end - begin};
  item.key = decode_string(found.in(bytes));
  return true;
}

}  // namespace

std::vector<ListItem> list_items(std::string_view result, std::string_view list,
                                 std::string_view key) {
  std::vector<ListItem> items;
  JsonCursor cursor(result, kDepth);
  cursor.space();
  if (cursor.type() != JsonType::kObject) return items;
  const bool read = cursor.object([&](std::string_view name) {
    const bool wanted = name == list;
    cursor.space();
    if (!wanted || cursor.type() != JsonType::kArray) return cursor.value();
    return cursor.array([&] { return read_item(cursor, result, key, items); });
  });
  if (!read) items.clear();
  return items;
}

std::string_view member(std::string_view object, std::string_view key) {
  std::string_view found;
  JsonCursor cursor(object, kDepth);
  cursor.space();
  if (cursor.type() != JsonType::kObject) return found;
  const bool read = cursor.object([&](std::string_view name) {
    const bool wanted = name == key;
    cursor.space();
    const auto from = cursor.offset();
    if (!cursor.value()) return false;
    if (wanted) found = object.substr(from, cursor.offset() - from);
    return true;
  });
  return read ? found : std::string_view();
}

}  // namespace gantry::mcp
