// Where a server runs: a process here, or somewhere else. A runtime starts it, gives the connection
// to it, says how it ended, and stops it. Lives on one loop.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "async/loop.h"
#include "config/model.h"
#include "net/http_client.h"
#include "process/keeper.h"
#include "process/leftovers.h"
#include "transport/connector.h"

namespace gantry::runtime {

class Owner : public transport::Receiver {
 public:
  /// The connection can be used: connector() is there.
  virtual void on_running() = 0;
  /// It ended by itself, or could not be started. What is left of it is gone, and start() may
  /// follow.
  virtual void on_ended(base::Error cause) = 0;

 protected:
  ~Owner() = default;
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual void start() = 0;
  /// In order: its input ends, SIGTERM, SIGKILL to the whole tree. `then` once nothing of it is
  /// left; on_ended is not told.
  virtual void stop(async::Task then) = 0;
  [[nodiscard]] virtual transport::Connector* connector() = 0;
  [[nodiscard]] virtual pid_t pid() const = 0;  ///< 0: none
  /// A new handshake follows on the running server.
  virtual void forget_session() {}
};

/// What runtimes are made with.
struct Tools {
  process::Keeper* keeper = nullptr;
  process::Leftovers* leftovers = nullptr;
  async::Offload* offload = nullptr;
  std::shared_ptr<net::TlsClient> tls;
  std::size_t depth = 128;  ///< limits.depth
  std::size_t message = 64U << 20U;
};

[[nodiscard]] std::unique_ptr<Runtime> process_runtime(async::Loop& loop, Tools tools,
                                                       const config::Server& server, Owner& owner);
[[nodiscard]] std::unique_ptr<Runtime> remote_runtime(async::Loop& loop, Tools tools,
                                                      const config::Server& server, Owner& owner);

}  // namespace gantry::runtime
