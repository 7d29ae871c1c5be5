#include "net/sse.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace gantry::net {

bool SseReader::feed(std::string_view bytes, const std::function<void(const SseEvent&)>& each) {
  while (!bytes.empty()) {
    if (after_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_return_ = false;
    const auto end = bytes.find_first_of("\r\n");
    if (partial_.size() + data_.size() + std::min(end, bytes.size()) > most_) return false;
    if (end == std::string_view::npos) {
      partial_.append(bytes);
      return true;
    }
    after_return_ = bytes[end] == '\r';
    if (partial_.empty()) {
      line(bytes.substr(0, end), each);
    } else {
      partial_.append(bytes.substr(0, end));
      const auto whole = std::exchange(partial_, {});
      line(whole, each);
    }
    bytes.remove_prefix(end + 1);
  }
  return true;
}

void SseReader::line(std::string_view text, const std::function<void(const SseEvent&)>& each) {
  if (std::exchange(first_, false) && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.empty()) {
    if (!has_data_ && !has_id_ && !retry_) {
      type_.clear();
      return;
    }
    // Moved out first: what is told may end this stream.
    const auto data = std::exchange(data_, {});
    const auto id = std::exchange(id_, {});
    const auto type = std::exchange(type_, {});
    const SseEvent event{
        .type = type.empty() ? "message" : std::string_view(type),
        .data = std::string_view(data).substr(0, data.empty() ? 0 : data.size() - 1),
        .has_id = std::exchange(has_id_, false),
        .id = id,
        .retry = std::exchange(retry_, std::nullopt)};
    has_data_ = false;
    return each(event);
  }
  const auto colon = text.find(':');
  const auto field = text.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    data_.append(value).push_back('\n');
    has_data_ = true;
  } else if (field == "id" && !value.contains('\0')) {
    id_ = value;
    has_id_ = true;
  } else if (field == "event") {
    type_ = value;
  } else if (field == "retry") {
    if (const auto number = base::parse_number(value))
      retry_ = base::Millis(std::min<unsigned long long>(*number, 86'400'000));
  }
}

void append_event(std::string& out, std::string_view id, std::string_view data) {
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  out.append("data: ").append(data).append("\n\n");
}

}  // namespace gantry::net
