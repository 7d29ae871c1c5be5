// MCP over the pipes of a child: a message a line on stdin and stdout, its log on stderr.
#pragma once

#include <memory>
#include <string>

#include "async/loop.h"
#include "base/file.h"
#include "transport/connector.h"
#include "transport/lines.h"

namespace gantry::transport {

struct StdioLimits {
  std::size_t message = 64U << 20U;  ///< bytes of one line from the server
  std::size_t depth = 128;
  std::size_t outbox = 64U << 20U;  ///< bytes that wait for a server that does not read
  std::size_t log_line = 16U << 10U;
};

class StdioConnector final : public Connector {
 public:
  /// Takes the three pipes (non-blocking).
  StdioConnector(async::Loop& loop, base::Fd in, base::Fd out, base::Fd err, Receiver& receiver,
                 StdioLimits limits);
  ~StdioConnector() override;

  void request(RequestId id, std::string_view body) override;
  void notify(std::string_view body) override;
  void established(std::string_view) override {}
  void abandon(RequestId) override {}
  /// The first step of a stop: the server sees the end of its input once all was written.
  void close_input();
  /// From now on it is silent: its owner has no more use for it and will free it later.
  void silence();
  /// Nothing waits to be written.
  [[nodiscard]] bool flushed() const { return outbox_.empty() || !in_.fd; }
  /// Reads what is in the pipes now: the server ended, and its last words count.
  void drain() {
    read_messages();
    read_log();
  }

 private:
  struct Pipe final : async::IoHandler {
    Pipe(StdioConnector& connector, base::Fd descriptor)
        : owner(connector), fd(std::move(descriptor)) {}
    void on_io(async::Ready ready) override { owner.on_pipe(*this, ready); }
    StdioConnector& owner;
    base::Fd fd;
    bool hung_up = false;  // no further event comes: read to the end
  };

  void on_pipe(Pipe& pipe, async::Ready ready);
  bool queue(std::string_view body);
  void flush();
  void read_messages();
  void read_log();
  bool take_line(std::string_view line);
  void drop(Pipe& pipe);
  void fail(base::Error error);

  async::Loop& loop_;
  Receiver* receiver_;  // null once it was told of the end
  StdioLimits limits_;
  Pipe in_;
  Pipe out_;
  Pipe err_;
  LineReader lines_;
  LineReader log_lines_;
  std::string outbox_;
  bool flush_due_ = false;
  bool closing_input_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gantry::transport
