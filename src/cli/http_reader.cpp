#include "cli/http_reader.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace gantry::cli {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMostChunk = 1U << 30U;

std::unexpected<base::Error> not_http() {
  return fail(Code::kParse, "the answer is not HTTP/1.1", "does something else listen there?");
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view Head::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

base::Result<> AnswerReader::feed(std::string_view bytes) {
  raw_.append(bytes);
  while (GANTRY_TRY(step())) {
  }
  return {};
}

base::Result<> AnswerReader::close() {
  if (at_ == At::kClose) at_ = At::kDone;
  if (at_ == At::kDone) return {};
  return fail(Code::kUnavailable, "the connection was closed in the middle of the answer");
}

/// One step on; false where more bytes are needed or nothing is left to do.
base::Result<bool> AnswerReader::step() {
  switch (at_) {
    case At::kHead:
      return read_head();
    case At::kSize:
      return read_size();
    case At::kLength:
      return copy(At::kDone);
    case At::kChunk:
      return copy(At::kChunkEnd);
    case At::kClose:
      body_.append(std::exchange(raw_, {}));
      return false;
    case At::kDone:
      raw_.clear();
      return false;
    case At::kChunkEnd: {
      const auto end = line();
      if (!end) return false;
      if (!end->empty()) return not_http();
      at_ = At::kSize;
      return true;
    }
    case At::kTrailers: {
      const auto trailer = line();
      if (trailer && trailer->empty()) at_ = At::kDone;
      return trailer.has_value();
    }
  }
  return false;
}

base::Result<bool> AnswerReader::read_head() {
  const auto end = raw_.find("\r\n\r\n");
  if (std::min(end, raw_.size()) > kMostHead) {
    return fail(Code::kLimit, "the head of the answer is over 64 KiB");
  }
  if (end == std::string::npos) {
    const bool plausible = raw_.starts_with(std::string_view("HTTP/1.").substr(0, raw_.size()));
    return plausible ? base::Result<bool>(false) : not_http();
  }
  const auto text = raw_.substr(0, end);
  raw_.erase(0, end + 4);
  const auto lines = base::split(text, '\n');
  const auto first = without_return(lines.front());
  const auto status = first.size() >= 12 ? base::parse_number(first.substr(9, 3)) : std::nullopt;
  if (!first.starts_with("HTTP/1.") || !status) return not_http();
  head_ = {.status = static_cast<int>(*status), .headers = {}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto line = without_return(lines[i]);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return not_http();
    head_.headers.emplace_back(base::to_lower(line.substr(0, colon)),
                               std::string(base::trim(line.substr(colon + 1))));
  }
  if (head_.status < 200) return true;
  GANTRY_TRY(choose_body());
  return true;
}

base::Result<> AnswerReader::choose_body() {
  if (head_.status == 204 || head_.status == 304) {
    at_ = At::kDone;
  } else if (base::iequals(head_.header("transfer-encoding"), "chunked")) {
    at_ = At::kSize;
  } else if (const auto length = head_.header("content-length"); !length.empty()) {
    const auto bytes = base::parse_number(length);
    if (!bytes) return not_http();
    left_ = *bytes;
    at_ = left_ == 0 ? At::kDone : At::kLength;
  } else {
    at_ = At::kClose;
  }
  return {};
}

base::Result<bool> AnswerReader::read_size() {
  const auto text = line();
  if (!text) return raw_.size() > 256 ? base::Result<bool>(not_http()) : false;
  const auto digits = base::trim(std::string_view(*text).substr(0, text->find(';')));
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || error != std::errc() || stop != end || left_ > kMostChunk)
    return not_http();
  at_ = left_ == 0 ? At::kTrailers : At::kChunk;
  return true;
}

bool AnswerReader::copy(At after) {
  const auto count = std::min(left_, raw_.size());
  body_.append(raw_, 0, count);
  raw_.erase(0, count);
  left_ -= count;
  if (left_ == 0) at_ = after;
  return left_ == 0;
}

std::optional<std::string> AnswerReader::line() {
  const auto end = raw_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string text(without_return(std::string_view(raw_).substr(0, end)));
  raw_.erase(0, end + 1);
  return text;
}

base::Result<> EventReader::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second = c == '\n' && after_return_;
    after_return_ = c == '\r';
    if (second) continue;
    if (c == '\r' || c == '\n') {
      end_line();
    } else {
      line_.push_back(c);
    }
    if (line_.size() + (data_ ? data_->size() : 0) > kMostEvent) {
      return fail(Code::kLimit, "an event is over 64 MiB");
    }
  }
  return {};
}

void EventReader::end_line() {
  const auto line = std::exchange(line_, {});
  if (line.empty()) {
    if (data_ && !data_->empty()) ready_.push_back({.id = id_, .data = std::move(*data_)});
    data_.reset();
    return;
  }
  const auto colon = line.find(':');
  const auto field = std::string_view(line).substr(0, colon);
  auto value =
      colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "id") id_ = value;
  if (field != "data") return;
  if (data_) data_->push_back('\n');
  data_ = data_.value_or("").append(value);
}

std::optional<Event> EventReader::take() {
  if (ready_.empty()) return std::nullopt;
  auto first = std::move(ready_.front());
  ready_.erase(ready_.begin());
  return first;
}

}  // namespace gantry::cli
