// The one strict reader of HTTP/1.1 heads (RFC 9110, 9112): no guess, no repair. What two readers
// could read differently is refused: bare LF, folded lines, space before a colon, two lengths,
// length beside chunked, HTTP/1.0 with a transfer coding, absolute targets, a Host that is not
// host[:port].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace gantry::net {

struct Header {
  std::string_view name;
  std::string_view value;  ///< white space around it trimmed
};

constexpr std::size_t kMostHeaders = 100;

class Headers {
 public:
  [[nodiscard]] bool add(Header header);
  /// The first of that name (ASCII case-insensitive).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] const Header* begin() const { return list_.data(); }
  [[nodiscard]] const Header* end() const { return list_.data() + size_; }

 private:
  std::array<Header, kMostHeaders> list_;
  std::size_t size_ = 0;
};

struct BodyKind {
  bool chunked = false;
  std::optional<std::size_t> length;  ///< of Content-Length
};

/// Views into the bytes that were parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< origin-form: "/mcp?x=1"
  std::string_view path;    ///< target without its query
  std::string_view query;
  Headers headers;
  std::string_view host;
  BodyKind body;
  bool keep_alive = true;
  bool http_1_0 = false;  ///< knows no chunks
  bool expects_continue = false;
  std::size_t size = 0;  ///< bytes of the head, its blank line included
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  BodyKind body;
  bool keep_alive = true;
  std::size_t size = 0;
};

struct HeadRefusal {
  int status = 400;  ///< the HTTP status to answer with
  std::string_view reason;
};

/// Where the blank line of a head ends; nothing while it has not come. `from`: where an earlier
/// look ended.
[[nodiscard]] std::optional<std::size_t> find_head_end(std::string_view bytes,
                                                       std::size_t from = 0);
/// `bytes` start with a whole head (find_head_end).
[[nodiscard]] std::expected<void, HeadRefusal> parse_request(std::string_view bytes,
                                                             RequestHead& head);
[[nodiscard]] std::expected<void, HeadRefusal> parse_response(std::string_view bytes,
                                                              ResponseHead& head);
/// host, host:port, [v6], [v6]:port; nothing else (no user, path, query or fragment).
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace gantry::net
