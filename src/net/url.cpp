#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "net/http_head.h"

namespace gantry::net {

base::Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return base::fail(base::Code::kInvalid, fmt::format("'{}' is not a usable URL: {}", text, why),
                      "write http://host:port/path or https://host/path");
  };
  Url url;
  auto rest = text;
  if (rest.starts_with("https://")) {
    url.address.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad("it starts with neither http:// nor https://");
  }
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  url.authority = rest.substr(0, end);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (!is_authority(url.authority)) return bad("its host is not host[:port]");
  const auto clean = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
  if (!std::ranges::all_of(url.target, clean))
    return bad("its path holds a character that must be encoded");
  const auto bracket = url.authority.rfind(']');
  const auto colon = url.authority.find(':', bracket == std::string::npos ? 0 : bracket);
  url.address.host = url.authority.substr(0, colon);
  if (bracket != std::string::npos) url.address.host = url.authority.substr(1, bracket - 1);
  url.address.port = url.address.tls ? 443 : 80;
  if (colon != std::string::npos) {
    url.address.port =
        static_cast<std::uint16_t>(*base::parse_number(url.authority.substr(colon + 1)));
  }
  if (url.address.port == 0) return bad("port 0 cannot be reached");
  return url;
}

}  // namespace gantry::net
