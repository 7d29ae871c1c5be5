// One MCP connection to a server, whatever carries it. Lives on one loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "mcp/envelope.h"
#include "net/http_client.h"

namespace gantry::transport {

/// The id under which a request goes to the server: the gateway's own, never a client's. 0: none.
using RequestId = std::uint64_t;
/// The id of every initialize: a connection takes its session from the answer to it.
inline constexpr RequestId kHandshake = 1;

/// A scanned message; views that hold during the call in which it is given.
struct Message {
  std::string_view bytes;
  const mcp::Envelope& at;
};

/// A message that is kept, or goes to another loop.
struct OwnMessage {
  std::string bytes;
  mcp::Envelope at;
  explicit OwnMessage(const Message& message) : bytes(message.bytes), at(message.at) {}
  [[nodiscard]] Message view() const { return {.bytes = bytes, .at = at}; }
};

/// What a connection tells its owner, who may close it from inside any of these.
class Receiver {
 public:
  /// `within`: the request on whose answer stream it came; 0 where the transport does not know.
  virtual void on_message(const Message& message, RequestId within) = 0;
  /// That request gets no answer.
  virtual void on_request_failed(RequestId id, base::Error error, net::Sent sent) = 0;
  /// The server does not know our session any more; `body` is the request that found out,
  /// unanswered (id 0: none did).
  virtual void on_session_lost(RequestId id, std::string body) = 0;
  /// The server closed the stream of a request and asked to come back for the answer (2025-11-25,
  /// SSE polling).
  virtual void on_paused(RequestId within, base::Millis retry) = 0;
  /// The answer comes as a stream that can be taken up again (a priming event): it may take long.
  virtual void on_primed(RequestId within) = 0;
  /// Something that is no message came where messages go; `why` it is none.
  virtual void on_garbage(std::string_view text, std::string_view why) = 0;
  /// A line of the server's stderr.
  virtual void on_log_line(std::string_view line) = 0;
  /// The connection ended by itself; nothing follows.
  virtual void on_closed(base::Error error) = 0;

 protected:
  ~Receiver() = default;
};

class Connector {
 public:
  virtual ~Connector() = default;
  /// `body`: one whole message without raw newlines, with `id` as its id.
  virtual void request(RequestId id, std::string_view body) = 0;
  /// A notification or a response.
  virtual void notify(std::string_view body) = 0;
  /// The handshake is done, in this revision.
  virtual void established(std::string_view revision) = 0;
  /// Nobody waits for that answer any more.
  virtual void abandon(RequestId id) = 0;
};

}  // namespace gantry::transport
