// The body of an HTTP/1.1 message: by length, in chunks, or until the peer closes. A state machine
// without I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/http_head.h"

namespace gantry::net {

/// Decodes the chunked coding (RFC 9112 7.1), strictly: CRLF line ends, hex sizes of at most 8
/// digits. Extensions are skipped up to 256 bytes, trailers up to 4 KiB.
class ChunkDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  ///< bytes taken off the input
    std::string_view content;  ///< a piece of the body, a view into the input; may be empty
    bool finished = false;     ///< the last chunk and the trailers were read
  };
  /// Takes as much as gives one piece of content; call again while it consumes.
  [[nodiscard]] std::expected<Step, std::string_view> feed(std::string_view input);
  /// Bytes of the chunk in hand that are still to come.
  [[nodiscard]] std::uint64_t announced() const { return left_; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataReturn,
    kDataEnd,
    kTrailer,
    kFinished
  };
  [[nodiscard]] std::expected<bool, std::string_view> eat(char c);
  [[nodiscard]] std::expected<bool, std::string_view> eat_trailer(char c);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  unsigned digits_ = 0;
  std::size_t skipped_ = 0;
  bool line_empty_ = true;
  bool returned_ = false;
};

}  // namespace gantry::net
