// What a stranger may send over HTTP: heads, chunked bodies, event streams. The readers must end,
// stay in bounds, and say the same however the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "net/http_body.h"
#include "net/http_head.h"
#include "net/sse.h"

namespace {

using namespace gantry::net;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_headers(std::string_view bytes, const Headers& headers) {
  for (const auto& header : headers) {
    GANTRY_ASSERT(!header.name.empty() && inside(header.name, bytes));
    GANTRY_ASSERT(inside(header.value, bytes));
    GANTRY_ASSERT(header.value.find_first_of({"\0\r\n", 3}) == std::string_view::npos);
    GANTRY_ASSERT(headers.find(header.name).has_value());
  }
}

void check_request(std::string_view bytes) {
  RequestHead head;
  const auto parsed = parse_request(bytes, head);
  if (!parsed) {
    GANTRY_ASSERT(parsed.error().status >= 400 && parsed.error().status < 600);
    GANTRY_ASSERT(!parsed.error().reason.empty());
    return;
  }
  GANTRY_ASSERT(find_head_end(bytes) == head.size && head.size <= bytes.size());
  GANTRY_ASSERT(bytes.substr(0, head.size).ends_with("\r\n\r\n"));
  GANTRY_ASSERT(head.path.starts_with('/') && inside(head.query, head.target));
  GANTRY_ASSERT(is_authority(head.host) && head.headers.count("host") == 1);
  GANTRY_ASSERT(!(head.body.chunked && (head.body.length || head.http_1_0)));
  check_headers(bytes, head.headers);
  // What follows a head does not change what it says.
  RequestHead alone;
  GANTRY_ASSERT(parse_request(bytes.substr(0, head.size), alone).has_value());
  GANTRY_ASSERT(alone.target == head.target && alone.body.length == head.body.length);
}

void check_response(std::string_view bytes) {
  ResponseHead head;
  if (!parse_response(bytes, head)) return;
  GANTRY_ASSERT(head.status >= 100 && head.status < 600 && head.size <= bytes.size());
  GANTRY_ASSERT(!(head.body.chunked && head.body.length));
  check_headers(bytes, head.headers);
}

/// The next piece of `bytes`, of a length that the input itself decides.
std::string_view take_piece(std::string_view& bytes, std::uint32_t& seed) {
  seed = seed * 1664525U + 1013904223U;
  const auto piece = bytes.substr(0, 1 + (seed >> 24U) % 17);
  bytes.remove_prefix(piece.size());
  return piece;
}

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool finished = false;
  bool failed = false;
  bool operator==(const Decoded&) const = default;
};

void decode_piece(ChunkDecoder& decoder, std::string_view piece, Decoded& out) {
  while (!piece.empty() && !out.finished && !out.failed) {
    const auto step = decoder.feed(piece);
    out.failed = !step.has_value();
    if (out.failed) return;
    GANTRY_ASSERT(step->consumed > 0 && inside(step->content, piece));
    out.body.append(step->content);
    out.consumed += step->consumed;
    out.finished = step->finished;
    piece.remove_prefix(step->consumed);
  }
}

void check_chunks(std::string_view bytes, std::uint32_t seed) {
  Decoded whole;
  ChunkDecoder at_once;
  decode_piece(at_once, bytes, whole);
  Decoded pieces;
  ChunkDecoder split;
  for (auto rest = bytes; !rest.empty() && !pieces.finished && !pieces.failed;) {
    decode_piece(split, take_piece(rest, seed), pieces);
  }
  if (whole.failed) whole.consumed = pieces.consumed;  // up to the failure: that depends on the cut
  GANTRY_ASSERT(whole == pieces && whole.body.size() <= bytes.size());
}

std::string told(const SseEvent& event) {
  std::string out(event.type);
  out.append("|").append(event.data).append("|").append(event.has_id ? event.id : "-");
  return out.append("|").append(event.retry ? std::to_string(event.retry->count()) : "-");
}

void check_events(std::string_view bytes, std::uint32_t seed) {
  constexpr std::size_t kMost = 4096;
  std::vector<std::string> whole;
  SseReader at_once(kMost);
  const bool usable = at_once.feed(bytes, [&](const SseEvent& e) { whole.push_back(told(e)); });
  std::vector<std::string> pieces;
  SseReader split(kMost);
  bool split_usable = true;
  for (auto rest = bytes; !rest.empty() && split_usable;) {
    split_usable =
        split.feed(take_piece(rest, seed), [&](const SseEvent& e) { pieces.push_back(told(e)); });
  }
  GANTRY_ASSERT(usable == split_usable && whole == pieces);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_request(bytes);
  check_response(bytes);
  check_chunks(bytes, data[0]);
  check_events(bytes, data[0]);
  return 0;
}
