// What is done to whole texts: batches, any JSON document, lines.
#include <fmt/format.h>

#include <algorithm>

#include "mcp/envelope.h"
#include "mcp/envelope_rules.h"
#include "mcp/json_cursor.h"

namespace gantry::mcp {
namespace {

std::unexpected<Refusal> refuse_batch(std::string reason) {
  return std::unexpected(
      Refusal{.code = -32600, .reason = std::move(reason), .offset = 0, .id = {}});
}

}  // namespace

std::expected<void, Refusal> check_size(std::string_view bytes, const ScanLimits& limits) {
  const auto most = std::min<std::size_t>(limits.bytes, UINT32_MAX - 1);
  if (bytes.size() <= most) return {};
  return std::unexpected(
      Refusal{.code = -32600,
              .reason = fmt::format("limits.body: {} bytes, at most {}", bytes.size(), most),
              .offset = most,
              .id = {}});
}

std::expected<void, Refusal> check_json(std::string_view bytes, const ScanLimits& limits) {
  if (auto allowed = check_size(bytes, limits); !allowed) return allowed;
  JsonCursor cursor(bytes, limits.depth);
  cursor.space();
  if (!cursor.value() || !cursor.finish()) return std::unexpected(cursor.refusal());
  return {};
}

bool is_batch(std::string_view bytes) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '[';
}

std::expected<std::vector<Span>, Refusal> split_batch(std::string_view bytes,
                                                      const ScanLimits& limits, std::size_t most) {
  if (auto allowed = check_size(bytes, limits); !allowed)
    return std::unexpected(std::move(allowed).error());
  if (!is_batch(bytes)) {
    if (auto json = check_json(bytes, limits); !json)
      return std::unexpected(std::move(json).error());
    return refuse_batch("not a batch");
  }
  std::vector<Span> elements;
  std::size_t count = 0;
  JsonCursor cursor(bytes, limits.depth);
  cursor.space();
  const auto element = [&] {
    const auto begin = cursor.offset();
    if (!cursor.value()) return false;
    if (++count <= most) elements.push_back({begin, cursor.offset()});
    return true;
  };
  if (!cursor.array(element) || !cursor.finish()) return std::unexpected(cursor.refusal());
  if (count == 0) return refuse_batch("an empty batch");
  if (count > most)
    return refuse_batch(fmt::format("a batch of {} messages, at most {}", count, most));
  return elements;
}

std::string fold_newlines(std::string_view bytes) {
  // Inside a string no raw CR or LF is legal, so each one stands outside.
  std::string folded(bytes);
  std::ranges::replace_if(folded, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return folded;
}

}  // namespace gantry::mcp
