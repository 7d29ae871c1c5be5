// The HTTP side of the gateway on one loop: who may come in, which session, which message;
// Streamable HTTP of the legacy era (specification 2025-11-25, basic/transports), health, and a
// place for the admin API.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/session.h"
#include "net/http_server.h"
#include "policy/access.h"

namespace gantry::gateway {

/// The answer to a path that is not MCP: the admin API. False: not its path.
using Extra = std::function<bool(const net::RequestHead& head, std::string_view body,
                                 const net::Entrance& entrance,
                                 const std::shared_ptr<net::Exchange>& exchange)>;

class Front final : public net::Service {
 public:
  Front(async::Loop& loop, SessionContext& context, const policy::Access& access, std::size_t loops,
        Extra extra);

  int loop_for(const net::RequestHead& head, const net::Entrance& entrance, int here) override;
  void serve(const net::RequestHead& head, std::string_view body, const net::Entrance& entrance,
             std::shared_ptr<net::Exchange> exchange) override;
  /// Ends every session: their streams finish, their calls are answered.
  void end_sessions();

 private:
  using ExchangeRef = std::shared_ptr<net::Exchange>;
  void serve_mcp(std::size_t endpoint, const net::RequestHead& head, std::string_view body,
                 const std::string& principal, const ExchangeRef& exchange);
  void post(std::size_t endpoint, const net::RequestHead& head, std::string_view body,
            const std::string& principal, const ExchangeRef& exchange);
  void post_batch(Session& session, std::string_view body, const ExchangeRef& exchange);
  void open_session(std::size_t endpoint, const fabric::Message& message,
                    const std::string& principal, const ExchangeRef& exchange);
  /// Answers with 400 or 404 where there is none.
  std::shared_ptr<Session> find_session(std::size_t endpoint, const net::RequestHead& head,
                                        const std::string& principal, const ExchangeRef& exchange);
  void sweep();
  [[nodiscard]] mcp::ScanLimits limits() const;

  async::Loop& loop_;
  SessionContext& context_;
  const policy::Access& access_;
  std::size_t loops_;
  Extra extra_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> paths_;
  std::unordered_map<std::string, std::shared_ptr<Session>, TextHash, std::equal_to<>> sessions_;
  async::Timer sweeper_;
  bool ended_ = false;
};

}  // namespace gantry::gateway
