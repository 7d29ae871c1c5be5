// One call of a client in flight to a server, and the client as a server's instance sees it.
#pragma once

#include <memory>
#include <string>

#include "async/loop.h"
#include "mcp/method.h"
#include "transport/connector.h"

namespace gantry::fabric {

using transport::kHandshake;
using transport::Message;
using transport::OwnMessage;
using transport::RequestId;

class Instance;
class Client;

/// Fixed once made, but for `upstream`, which belongs to the instance. Specialised by the gateway
/// with where the answer goes.
struct Call {
  virtual ~Call() = default;
  std::shared_ptr<Client> client;
  std::string id;     ///< the client's own id, a raw token
  std::string token;  ///< the client's own progress token, raw; empty: it asked for no progress
  mcp::Method method = mcp::Method::kUnknown;
  RequestId upstream = 0;
};
using CallRef = std::shared_ptr<Call>;

/// A client (a session of the gateway). Its methods are called on its own loop alone.
class Client {
 public:
  virtual ~Client() = default;
  [[nodiscard]] virtual async::Loop& loop() = 0;
  /// The answer, a result or an error, once for each call; its id is still the instance's.
  virtual void on_answer(const CallRef& call, const Message& message) = 0;
  /// Instead of on_answer: there will be none.
  virtual void on_call_failed(const CallRef& call, const base::Error& error) = 0;
  /// A request or notification of the server; `within` is the call that it belongs to, or null.
  virtual void on_server_message(const std::shared_ptr<Instance>& instance, const CallRef& within,
                                 const Message& message) = 0;
  /// The server closed the stream of a call and asks to come back for the answer.
  virtual void on_paused(const CallRef& call, base::Millis retry) = 0;
  /// The server answers a call with a stream that can be taken up again.
  virtual void on_primed(const CallRef& call) = 0;
  /// The instance ended: whatever it asked needs no answer any more.
  virtual void on_questions_void(const std::shared_ptr<Instance>& instance) = 0;
  /// The server takes back a request of its own; `id` is its raw id.
  virtual void on_withdrawn(const std::shared_ptr<Instance>& instance, const std::string& id,
                            const Message& message) = 0;
  /// Whoever this client acts for; instances of sessions are never shared between two.
  [[nodiscard]] virtual std::uint64_t number() const = 0;
};
using ClientRef = std::shared_ptr<Client>;

/// A part of a message that goes on with another text: a name or URI in the server's own form.
struct Edit {
  mcp::Span span;
  std::string text;  ///< raw JSON
};

}  // namespace gantry::fabric
