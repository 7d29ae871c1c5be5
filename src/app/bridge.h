// The life of one `gantry connect`: a client on stdio, a gateway over Streamable HTTP. A gateway
// that goes away is started or found again; what can be asked twice is asked again, what cannot is
// answered with an error.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "mcp/method.h"
#include "transport/http_connector.h"
#include "transport/stdio_connector.h"

namespace gantry::app {

struct BridgeTarget {
  net::Url url;
  std::string headers;  ///< whole lines
  std::function<bool()>
      restart;  ///< starts a gateway where none runs; empty: there is nothing to start
};

class Bridge {
 public:
  Bridge(net::ClientContext context, BridgeTarget target, base::Fd input, base::Fd output);
  ~Bridge();
  void start();
  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  /// The client's side.
  struct Client final : transport::Receiver {
    explicit Client(Bridge& bridge) : owner(bridge) {}
    void on_message(const transport::Message& message, transport::RequestId) override {
      owner.from_client(message);
    }
    void on_request_failed(transport::RequestId, base::Error, net::Sent) override {}
    void on_session_lost(transport::RequestId, std::string) override {}
    void on_paused(transport::RequestId, base::Millis) override {}
    void on_primed(transport::RequestId) override {}
    void on_garbage(std::string_view text, std::string_view why) override;
    void on_log_line(std::string_view) override {}
    void on_closed(base::Error) override { owner.input_ended(); }
    Bridge& owner;
  };
  /// The gateway's side.
  struct Gateway final : transport::Receiver {
    explicit Gateway(Bridge& bridge) : owner(bridge) {}
    void on_message(const transport::Message& message, transport::RequestId within) override {
      owner.from_gateway(message, within);
    }
    void on_request_failed(transport::RequestId id, base::Error error, net::Sent sent) override {
      owner.failed(id, std::move(error), sent);
    }
    void on_session_lost(transport::RequestId id, std::string body) override {
      owner.session_lost(id, std::move(body));
    }
    void on_paused(transport::RequestId, base::Millis) override {}
    void on_primed(transport::RequestId) override {}
    void on_garbage(std::string_view text, std::string_view why) override;
    void on_log_line(std::string_view) override {}
    void on_closed(base::Error) override {}
    Bridge& owner;
  };
  struct Waiting {
    std::string id;    ///< the client's, raw
    std::string body;  ///< as it goes out
    mcp::Method method = mcp::Method::kUnknown;
  };

  void from_client(const transport::Message& message);
  void from_gateway(const transport::Message& message, transport::RequestId within);
  void failed(transport::RequestId id, base::Error error, net::Sent sent);
  void session_lost(transport::RequestId id, std::string body);
  void request(const transport::Message& message);
  void initialized(const transport::Message& message);
  void reconnect();
  void retry_later();
  void flush_held();
  void answer_error(const Waiting& waiting, const base::Error& error);
  void to_client(std::string_view message);
  void input_ended();
  void handshake_failed(base::Error error, bool lost);
  void finish_if_done();
  void leave();

  net::ClientContext context_;
  BridgeTarget target_;
  Client client_side_{*this};
  Gateway gateway_side_{*this};
  std::unique_ptr<transport::HttpConnector> gateway_;
  std::unique_ptr<transport::StdioConnector> client_;
  base::Fd input_;
  base::Fd output_;
  std::string initialize_;  // the client's, under the id 1: said again after a reconnect
  std::map<transport::RequestId, Waiting> waiting_;
  std::deque<transport::RequestId> held_;  // until there is a session again
  std::deque<std::string> held_notices_;
  transport::RequestId next_ = 2;
  async::Timer retry_;
  async::Timer end_;
  unsigned tries_ = 0;
  int exit_status_ = 0;
  bool up_ = false;  // a session stands
  bool reconnecting_ = false;
  bool was_up_ = false;
  bool ending_ = false;
};

}  // namespace gantry::app
