// MCP over Streamable HTTP towards a server (2025-03-26 … 2025-11-25): a POST a message, answers as
// JSON or as a stream, one GET stream for what the server says unasked, resumption by
// Last-Event-ID, DELETE at the end.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/http_client.h"
#include "net/sse.h"
#include "net/url.h"
#include "transport/connector.h"

namespace gantry::transport {

struct HttpLimits {
  std::size_t message = 64U << 20U;  ///< bytes of one answer or event
  std::size_t depth = 128;
  base::Millis idle{300'000};  ///< a kept connection without use is closed after
};

class HttpConnector final : public Connector {
 public:
  /// `headers`: whole lines, each with its CRLF, sent with every request.
  HttpConnector(net::ClientContext context, net::Url url, std::string headers, Receiver& receiver,
                HttpLimits limits);
  ~HttpConnector() override;

  void request(RequestId id, std::string_view body) override;
  void notify(std::string_view body) override;
  void established(std::string_view revision) override;
  void abandon(RequestId id) override;
  /// DELETE of the session, where there is one, not waited for.
  void end_session();
  /// A new handshake follows: the old session is forgotten.
  void forget_session();
  [[nodiscard]] bool has_session() const { return !session_.empty(); }

 private:
  class Ask;     // one POST of ours and what comes on it
  class Tell;    // a POST that wants no answer, or the DELETE
  class Listen;  // the GET stream
  friend class Ask;

  void rebuild_heads();
  void deliver(std::string_view body, RequestId within);
  void finished(Ask& ask);
  void finished(Tell& tell);
  [[nodiscard]] std::string get_head(std::string_view last_event_id) const;
  [[nodiscard]] mcp::ScanLimits scan_limits() const {
    return {.depth = limits_.depth, .bytes = limits_.message};
  }

  net::ClientContext context_;
  net::Url url_;
  std::string headers_;
  Receiver& receiver_;
  HttpLimits limits_;
  std::string session_;
  std::uint64_t epoch_ = 0;  // how many sessions were forgotten
  std::string revision_;
  std::string post_head_;  // up to and with "Content-Length: "
  std::unordered_map<RequestId, std::unique_ptr<Ask>> asks_;
  std::vector<std::unique_ptr<Ask>> spare_asks_;
  std::vector<std::unique_ptr<Tell>> tells_;
  std::unique_ptr<Listen> listen_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::HttpPool pool_;
};

}  // namespace gantry::transport
