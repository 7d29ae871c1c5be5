// One HTTP/1.1 answer, read as it comes: Content-Length, chunked or without a body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::bench {

class HttpResponse {
 public:
  enum class State : std::uint8_t { kHead, kLength, kChunkSize, kChunk, kTrailer, kDone, kBroken };

  void clear();
  /// Takes what was read. After kDone nothing more is expected until clear().
  State feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }

  int status = 0;
  bool is_sse = false;
  bool close = false;   ///< the server ends the connection after this answer
  std::string session;  ///< Mcp-Session-Id, when given
  std::string body;     ///< without its chunks' marks

 private:
  bool step();
  bool read_head();
  bool read_chunk_size();
  bool take_body(State next);
  void read_header(std::string_view line);

  State state_ = State::kHead;
  std::string pending_;  // what was fed and not yet understood
  std::size_t left_ = 0;
  bool chunked_ = false;
};

/// The JSON message among `body` that carries `id` (a raw token): the body itself, or an SSE
/// event's data.
[[nodiscard]] std::string_view find_message(std::string_view body, bool is_sse,
                                            std::string_view id);

}  // namespace gantry::bench
