// One listening socket whose connections are dealt out as they come. Exclusive: a second listener
// on the same address fails (no SO_REUSEPORT), so a second gateway never binds in silence.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "async/loop.h"
#include "net/http_server.h"

namespace gantry::net {

class Listener final : public async::IoHandler {
 public:
  using Accept = std::function<void(base::Fd, Entrance)>;

  /// Binds host:port (port 0: any free one). Errors: kConflict "127.0.0.1:3010 is in use",
  /// kForbidden, kInvalid (no such address).
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> tcp(const std::string& host,
                                                                   std::uint16_t port);
  /// Binds a Unix socket with mode 0600; one that nobody answers on is replaced.
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> local(
      const std::filesystem::path& path);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  base::Result<> start(async::Loop& loop, Accept accept);
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void on_io(async::Ready ready) override;

 private:
  Listener(base::Fd fd, std::uint16_t port, std::filesystem::path path);

  base::Fd fd_;
  std::uint16_t port_;
  std::filesystem::path path_;
  async::Loop* loop_ = nullptr;
  Accept accept_;
  async::Timer pause_;
};

}  // namespace gantry::net
