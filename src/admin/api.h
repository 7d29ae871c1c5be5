// The admin API that the CLI's live commands use, on the Unix socket alone: who can open it (mode
// 0600) may ask anything.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/session.h"
#include "net/http_server.h"

namespace gantry::admin {

/// What the API says and does beyond servers and sessions.
struct Facts {
  std::string version;
  std::string endpoint;
  std::vector<std::string> listeners;
  std::string config_file;
  std::size_t loops = 1;
  base::Instant started;
  const net::ServerCounts* counts = nullptr;
  std::function<void()> shut_down;
};

/// Lives on the control loop.
class Api {
 public:
  Api(gateway::SessionContext& context, Facts facts);

  /// /api/v1/… on the Unix socket, /health… anywhere. False: not such a path.
  bool serve(const net::RequestHead& head, const net::Entrance& entrance,
             const std::shared_ptr<net::Exchange>& exchange);
  /// Every server has its lists or a named failure.
  [[nodiscard]] bool ready() const;
  /// Ends the log streams.
  void end();

 private:
  struct Follower {
    std::size_t server;
    std::shared_ptr<net::Exchange> exchange;
  };
  using ExchangeRef = std::shared_ptr<net::Exchange>;
  void health(std::string_view path, const net::Entrance& entrance,
              const ExchangeRef& exchange) const;
  void admin(const net::RequestHead& head, const ExchangeRef& exchange);
  void server(const net::RequestHead& head, std::string_view rest, const ExchangeRef& exchange);
  void logs(std::size_t server, std::string_view query, const ExchangeRef& exchange);
  [[nodiscard]] std::string status() const;

  gateway::SessionContext& context_;
  Facts facts_;
  std::list<Follower> followers_;
};

}  // namespace gantry::admin
