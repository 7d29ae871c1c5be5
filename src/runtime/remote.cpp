// A server somewhere else: nothing is started, a connection is made.
#include <fmt/format.h>

#include "runtime/runtime.h"
#include "transport/http_connector.h"

namespace gantry::runtime {
namespace {

/// A DELETE of the session is given so long to get out.
constexpr base::Millis kGoodbye{300};

class RemoteRuntime final : public Runtime {
 public:
  RemoteRuntime(async::Loop& loop, Tools tools, const config::Server& server, Owner& owner)
      : loop_(loop), tools_(std::move(tools)), server_(server), owner_(owner) {}

  void start() override {
    const auto& remote = std::get<config::Remote>(server_.kind);
    auto url = net::parse_url(remote.url);
    std::string headers;
    for (const auto& [name, value] : remote.headers)
      headers += fmt::format("{}: {}\r\n", name, value.reveal());
    ++starts_;
    loop_.defer([this, alive = std::weak_ptr(alive_), start = starts_, found = std::move(url),
                 lines = std::move(headers)]() mutable {
      if (alive.expired() || start != starts_) return;
      if (!found) return owner_.on_ended(std::move(found).error());
      connector_ = std::make_unique<transport::HttpConnector>(
          net::ClientContext{.loop = loop_, .offload = *tools_.offload, .tls = tools_.tls},
          std::move(*found), std::move(lines), owner_,
          transport::HttpLimits{
              .message = tools_.message, .depth = tools_.depth, .idle = server_.timeouts.idle});
      owner_.on_running();
    });
  }

  void stop(async::Task then) override {
    ++starts_;
    const bool wait = connector_ && connector_->has_session();
    if (wait) connector_->end_session();
    stopped_ = std::move(then);
    goodbye_.arm(loop_.wheel(), wait ? kGoodbye : base::Millis(0), [this] {
      // Freed on its own loop, whoever lets go of this last.
      loop_.defer([ended = std::shared_ptr<transport::HttpConnector>(std::move(connector_))] {});
      std::exchange(stopped_, nullptr)();
    });
  }

  transport::Connector* connector() override { return connector_.get(); }
  [[nodiscard]] pid_t pid() const override { return 0; }
  void forget_session() override {
    if (connector_) connector_->forget_session();
  }

 private:
  async::Loop& loop_;
  Tools tools_;
  const config::Server& server_;
  Owner& owner_;
  std::unique_ptr<transport::HttpConnector> connector_;
  async::Task stopped_;
  async::Timer goodbye_;
  unsigned starts_ = 0;  // what was begun for an earlier start is too late
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Runtime> remote_runtime(async::Loop& loop, Tools tools,
                                        const config::Server& server, Owner& owner) {
  return std::make_unique<RemoteRuntime>(loop, std::move(tools), server, owner);
}

}  // namespace gantry::runtime
