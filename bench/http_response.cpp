#include "http_response.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "json.h"

namespace gantry::bench {
namespace {

constexpr std::size_t kMostBody = 64U << 20U;

bool is_name(std::string_view line, std::size_t colon, std::string_view name) {
  return colon == name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

bool holds(std::string_view value, std::string_view word) {
  return value.size() >= word.size() && ::strncasecmp(value.data(), word.data(), word.size()) == 0;
}

}  // namespace

void HttpResponse::clear() {
  status = 0;
  is_sse = false;
  close = false;
  session.clear();
  body.clear();
  state_ = State::kHead;
  pending_.clear();
  left_ = 0;
  chunked_ = false;
}

HttpResponse::State HttpResponse::feed(std::string_view bytes) {
  pending_ += bytes;
  while (state_ != State::kDone && state_ != State::kBroken && step()) {
  }
  return state_;
}

/// True when something was understood and the next step may be tried.
bool HttpResponse::step() {
  switch (state_) {
    case State::kHead:
      return read_head();
    case State::kLength:
      return take_body(State::kDone);
    case State::kChunkSize:
      return read_chunk_size();
    case State::kChunk:
      return take_body(State::kChunkSize);
    case State::kTrailer: {
      const std::size_t end = pending_.find("\r\n");
      if (end == std::string::npos) return false;
      pending_.erase(0, end + 2);
      if (end == 0) state_ = State::kDone;
      return true;
    }
    case State::kDone:
    case State::kBroken:
      break;
  }
  return false;
}

bool HttpResponse::read_head() {
  const std::size_t head_end = pending_.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  const std::string_view head = std::string_view(pending_).substr(0, head_end + 2);
  std::size_t at = head.find("\r\n");
  if (!head.starts_with("HTTP/1.1 ") ||
      std::from_chars(head.data() + 9, head.data() + at, status).ec != std::errc{}) {
    state_ = State::kBroken;
    return false;
  }
  for (at += 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    read_header(head.substr(at, end - at));
    at = end + 2;
  }
  pending_.erase(0, head_end + 4);
  state_ = chunked_ ? State::kChunkSize : left_ > 0 ? State::kLength : State::kDone;
  if (left_ > kMostBody) state_ = State::kBroken;
  return true;
}

void HttpResponse::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::size_t start = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
  const std::string_view value = line.substr(start);
  if (is_name(line, colon, "content-length")) {
    std::from_chars(value.data(), value.data() + value.size(), left_);
  } else if (is_name(line, colon, "transfer-encoding")) {
    chunked_ = holds(value, "chunked");
  } else if (is_name(line, colon, "content-type")) {
    is_sse = holds(value, "text/event-stream");
  } else if (is_name(line, colon, "mcp-session-id")) {
    session = value;
  } else if (is_name(line, colon, "connection")) {
    close = holds(value, "close");
  }
}

bool HttpResponse::read_chunk_size() {
  const std::size_t end = pending_.find("\r\n");
  if (end == std::string::npos) return false;
  const auto [rest, error] = std::from_chars(pending_.data(), pending_.data() + end, left_, 16);
  if (error != std::errc{} || left_ > kMostBody) {
    state_ = State::kBroken;
    return false;
  }
  pending_.erase(0, end + 2);
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return true;
}

/// Takes `left_` bytes; a chunk is followed by an empty line, which is taken with its last byte.
bool HttpResponse::take_body(State next) {
  const std::size_t after = next == State::kChunkSize ? 2 : 0;
  if (pending_.size() < left_ + after) return false;
  body.append(pending_, 0, left_);
  pending_.erase(0, left_ + after);
  left_ = 0;
  state_ = body.size() > kMostBody ? State::kBroken : next;
  return true;
}

std::string_view find_message(std::string_view body, bool is_sse, std::string_view id) {
  if (!is_sse) return member(body, "id") == id ? body : std::string_view{};
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("data:")) continue;
    line.remove_prefix(line.starts_with("data: ") ? 6 : 5);
    if (member(line, "id") == id && member(line, "method").empty()) return line;
  }
  return {};
}

}  // namespace gantry::bench
