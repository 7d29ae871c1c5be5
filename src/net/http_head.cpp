#include "net/http_head.h"

#include <algorithm>
#include <cstring>

#include "base/strings.h"

namespace gantry::net {
namespace {

using Outcome = std::expected<void, HeadRefusal>;

std::unexpected<HeadRefusal> refuse(std::string_view reason, int status = 400) {
  return std::unexpected(HeadRefusal{.status = status, .reason = reason});
}

/// RFC 9110 5.6.2.
constexpr auto kToken = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<std::size_t>(c)] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

/// Visible characters, obs-text, space and tab.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

/// Takes one line off the front; its CRLF goes too. `bytes` ends with CRLF CRLF.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos || end == 0 || bytes[end - 1] != '\r') return std::nullopt;
  const auto line = bytes.substr(0, end - 1);
  bytes.remove_prefix(end + 1);
  return line;
}

Outcome parse_headers(std::string_view bytes, Headers& headers) {
  while (true) {
    const auto line = take_line(bytes);
    if (!line) return refuse("a header line does not end with CRLF");
    if (line->empty()) return {};
    const auto colon = line->find(':');
    if (colon == std::string_view::npos) return refuse("a header line has no colon");
    const auto name = line->substr(0, colon);
    const auto value = base::trim(line->substr(colon + 1));
    if (!is_token(name)) return refuse("a header name is not a token");
    if (!is_value(value)) return refuse("a header value holds a control character");
    if (!headers.add({.name = name, .value = value})) return refuse("too many headers", 431);
  }
}

/// The framing of RFC 9112 6.3, for both directions; `old`: HTTP/1.0.
Outcome parse_framing(const Headers& headers, bool old, BodyKind& body, bool& keep_alive) {
  const auto lengths = headers.count("content-length");
  const auto codings = headers.count("transfer-encoding");
  if (lengths > 1) return refuse("two Content-Length headers");
  if (codings > 0 && lengths > 0) return refuse("Content-Length beside Transfer-Encoding");
  if (codings > 0) {
    const auto coding = *headers.find("transfer-encoding");
    if (old) return refuse("a transfer coding in HTTP/1.0");
    if (codings > 1 || !base::iequals(coding, "chunked"))
      return refuse("unknown transfer coding", 501);
    body.chunked = true;
  }
  if (lengths > 0) {
    const auto number = base::parse_number(*headers.find("content-length"));
    if (!number || *number > (1ULL << 53U)) return refuse("Content-Length is not a number");
    body.length = *number;
  }
  keep_alive = !old;
  for (const auto& header : headers) {
    if (!base::iequals(header.name, "connection")) continue;
    for (const auto option : base::split(header.value, ',')) {
      if (base::iequals(base::trim(option), "close")) keep_alive = false;
    }
  }
  return {};
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte < 0x7F && byte != '#';
         });
}

}  // namespace

bool Headers::add(Header header) {
  if (size_ == list_.size()) return false;
  list_[size_++] = header;
  return true;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& header : *this) {
    if (header.name.size() == name.size() && base::iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      begin(), end(), [&](const Header& header) { return base::iequals(header.name, name); }));
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t from) {
  // A bare LF LF is found as well, so that a sloppy head is refused instead of waited for.
  auto at = from > 3 ? from - 3 : 0;
  while (true) {
    at = bytes.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
    if (at < bytes.size() && bytes[at] == '\n') return at + 1;
    if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n') return at + 2;
  }
}

bool is_authority(std::string_view text) {
  auto host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  } else {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
    const bool named = std::ranges::all_of(host, [](char c) {
      return c == '-' || c == '.' || c == '_' ||
             (kToken[static_cast<unsigned char>(c)] &&
              std::isalnum(static_cast<unsigned char>(c)) != 0);
    });
    if (host.empty() || !named) return false;
  }
  if (port.empty()) return true;
  const auto number = base::parse_number(port.substr(1));
  return port.front() == ':' && number && *number <= 65535;
}

Outcome parse_request(std::string_view bytes, RequestHead& head) {
  const auto end = find_head_end(bytes);
  if (!end) return refuse("the head is not whole");
  head.size = *end;
  auto rest = bytes.substr(0, *end);
  const auto line = take_line(rest);
  if (!line) return refuse("the request line does not end with CRLF");
  const auto first = line->find(' ');
  const auto second = first == std::string_view::npos ? first : line->find(' ', first + 1);
  if (second == std::string_view::npos)
    return refuse("the request line is not METHOD TARGET VERSION");
  head.method = line->substr(0, first);
  head.target = line->substr(first + 1, second - first - 1);
  const auto version = line->substr(second + 1);
  if (!is_token(head.method)) return refuse("the method is not a token");
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') {
    return refuse("the request line is not METHOD TARGET VERSION");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return refuse("only HTTP/1.1 is spoken here", 505);
  if (!is_target(head.target)) return refuse("the target is not an absolute path");
  head.path = head.target.substr(0, head.target.find('?'));
  head.query = head.target.substr(std::min(head.path.size() + 1, head.target.size()));
  if (auto parsed = parse_headers(rest, head.headers); !parsed) return parsed;
  const bool old = head.http_1_0 = version == "HTTP/1.0";
  if (auto parsed = parse_framing(head.headers, old, head.body, head.keep_alive); !parsed)
    return parsed;
  if (head.headers.count("host") != 1) return refuse("there must be one Host header");
  head.host = *head.headers.find("host");
  if (!is_authority(head.host)) return refuse("the Host header is not host[:port]");
  if (const auto expect = head.headers.find("expect")) {
    if (!base::iequals(*expect, "100-continue")) return refuse("unknown expectation", 417);
    head.expects_continue = !old;
  }
  return {};
}

Outcome parse_response(std::string_view bytes, ResponseHead& head) {
  const auto end = find_head_end(bytes);
  if (!end) return refuse("the head is not whole");
  head.size = *end;
  auto rest = bytes.substr(0, *end);
  const auto line = take_line(rest);
  if (!line) return refuse("the status line does not end with CRLF");
  const bool old = line->starts_with("HTTP/1.0 ");
  if (!old && !line->starts_with("HTTP/1.1 ")) return refuse("the answer is not HTTP/1.1");
  const auto status = base::parse_number(line->substr(9, 3));
  if (!status || *status < 100 || *status > 599) return refuse("the status is not a number");
  if (line->size() > 12 && (*line)[12] != ' ') return refuse("the status is not a number");
  head.status = static_cast<int>(*status);
  if (auto parsed = parse_headers(rest, head.headers); !parsed) return parsed;
  return parse_framing(head.headers, old, head.body, head.keep_alive);
}

}  // namespace gantry::net
