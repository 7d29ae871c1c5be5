#include "net/http_body.h"

#include <algorithm>

namespace gantry::net {
namespace {

constexpr std::size_t kMostExtension = 256;
constexpr std::size_t kMostTrailer = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::expected<ChunkDecoder::Step, std::string_view> ChunkDecoder::feed(std::string_view input) {
  Step step;
  while (step.consumed < input.size() && state_ != State::kFinished) {
    if (state_ == State::kData) {
      step.content =
          input.substr(step.consumed, std::min<std::uint64_t>(left_, input.size() - step.consumed));
      step.consumed += step.content.size();
      left_ -= step.content.size();
      if (left_ == 0) state_ = State::kDataReturn;
      return step;
    }
    const auto eaten = eat(input[step.consumed]);
    if (!eaten) return std::unexpected(eaten.error());
    ++step.consumed;
  }
  step.finished = state_ == State::kFinished;
  return step;
}

std::expected<bool, std::string_view> ChunkDecoder::eat(char c) {
  switch (state_) {
    case State::kSize: {
      const int digit = hex_value(c);
      if (digit >= 0) {
        if (++digits_ > 8) return std::unexpected("a chunk size of over 8 digits");
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return true;
      }
      if (digits_ == 0) return std::unexpected("a chunk size is not a hexadecimal number");
      if (c == ';') return state_ = State::kExtension, true;
      if (c == '\r') return state_ = State::kSizeEnd, true;
      return std::unexpected("a chunk size is not a hexadecimal number");
    }
    case State::kExtension:
      if (c == '\r') return state_ = State::kSizeEnd, true;
      if (c == '\n' || ++skipped_ > kMostExtension)
        return std::unexpected("a chunk extension is too long");
      return true;
    case State::kSizeEnd:
      if (c != '\n') return std::unexpected("a chunk size does not end with CRLF");
      state_ = left_ == 0 ? State::kTrailer : State::kData;
      skipped_ = digits_ = 0;
      return true;
    case State::kDataReturn:
      if (c != '\r') return std::unexpected("a chunk does not end with CRLF");
      return state_ = State::kDataEnd, true;
    case State::kDataEnd:
      if (c != '\n') return std::unexpected("a chunk does not end with CRLF");
      return state_ = State::kSize, true;
    default:
      return eat_trailer(c);
  }
}

std::expected<bool, std::string_view> ChunkDecoder::eat_trailer(char c) {
  if (++skipped_ > kMostTrailer) return std::unexpected("the trailers are too long");
  if (returned_ != (c == '\n')) return std::unexpected("a trailer does not end with CRLF");
  if (c == '\n') {
    if (line_empty_) state_ = State::kFinished;
    line_empty_ = true;
  } else if (c != '\r') {
    line_empty_ = false;
  }
  returned_ = c == '\r';
  return true;
}

}  // namespace gantry::net
