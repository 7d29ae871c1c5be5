// A server as a process here: spawned by the keeper, spoken to over its pipes.
#include <fmt/format.h>

#include "observe/log.h"
#include "runtime/runtime.h"
#include "transport/stdio_connector.h"

namespace gantry::runtime {
namespace {

// The order of a stop (specification, stdio, shutdown): each step has its time.
constexpr base::Millis kAfterInput{2000};
constexpr base::Millis kAfterTerm{3000};
/// A server that closed its output has so long to exit.
constexpr base::Millis kAfterOutput{2000};
constexpr base::Millis kUntilGone{5000};

class ProcessRuntime final : public Runtime, public transport::Receiver {
 public:
  ProcessRuntime(async::Loop& loop, Tools tools, const config::Server& server, Owner& owner)
      : loop_(loop), tools_(std::move(tools)), server_(server), owner_(owner) {}

  ~ProcessRuntime() override {
    if (pid_ != 0) tools_.leftovers->remove(pid_);
  }

  void start() override {
    const auto& command = std::get<config::Command>(server_.kind);
    process::Spawn spawn{.argv = {command.program}, .env = {}, .cwd = command.cwd};
    spawn.argv.insert(spawn.argv.end(), command.args.begin(), command.args.end());
    spawn.env = process::child_environment({command.env.begin(), command.env.end()});
    exit_.reset();
    ++starts_;
    auto child =
        tools_.keeper->spawn(loop_, std::move(spawn),
                             {.on_started = [this](pid_t pid) { started(pid); },
                              .on_failed = [this](base::Error error) { failed(std::move(error)); },
                              .on_exited = [this](process::Exit exit) { exited(exit); },
                              .on_gone = [this] { gone(); }});
    if (!child) {
      loop_.post([this, alive = std::weak_ptr(alive_), start = starts_,
                  error = std::move(child).error()]() mutable {
        if (!alive.expired() && start == starts_) failed(std::move(error));
      });
      return;
    }
    child_ = std::move(*child);
    connector_ = std::make_unique<transport::StdioConnector>(
        loop_, std::move(child_->in), std::move(child_->out), std::move(child_->err), *this,
        transport::StdioLimits{.message = tools_.message, .depth = tools_.depth});
  }

  void stop(async::Task then) override {
    stopped_ = std::move(then);
    if (!child_) return finish();
    connector_->close_input();
    timer_.arm(loop_.wheel(), kAfterInput, [this] {
      if (!child_) return;
      child_->terminate();
      timer_.arm(loop_.wheel(), kAfterTerm, [this] { kill(); });
    });
  }

  transport::Connector* connector() override { return connector_.get(); }
  [[nodiscard]] pid_t pid() const override { return pid_; }

 private:
  void started(pid_t pid) {
    pid_ = pid;
    tools_.leftovers->add(pid, server_.name);
    owner_.on_running();
  }

  void failed(base::Error error) {
    cause_ = std::move(error);
    finish();
  }

  void exited(process::Exit exit) {
    exit_ = exit;
    // What it said last is still in the pipes.
    const auto alive = alive_;
    connector_->drain();
    if (alive.use_count() == 1) return;
    cause_ =
        base::fail(base::Code::kUnavailable, fmt::format("it ended with {}", exit.text())).error();
    // What it leaves behind ends with it.
    kill();
  }

  void kill() {
    if (!child_) return;
    child_->kill();
    timer_.arm(loop_.wheel(), kUntilGone, [this] {
      observe::error("server.unkillable", {{"server", server_.name}, {"pid", pid_}});
      finish();
    });
  }

  void gone() { finish(); }

  void finish() {
    timer_.disarm();
    ++starts_;
    if (connector_) connector_->silence();
    if (pid_ != 0) tools_.leftovers->remove(std::exchange(pid_, 0));
    // Freed later: this may be inside one of their callbacks.
    loop_.defer([child = std::shared_ptr<process::Child>(std::move(child_)),
                 connector = std::shared_ptr<transport::StdioConnector>(std::move(connector_))] {});
    if (stopped_) return std::exchange(stopped_, nullptr)();
    owner_.on_ended(std::move(cause_));
  }

  // The connection's own words pass through; its end is waited for as the end of the process.
  void on_message(const transport::Message& message, transport::RequestId within) override {
    owner_.on_message(message, within);
  }
  void on_request_failed(transport::RequestId id, base::Error error, net::Sent sent) override {
    owner_.on_request_failed(id, std::move(error), sent);
  }
  void on_session_lost(transport::RequestId, std::string) override {}
  void on_paused(transport::RequestId, base::Millis) override {}
  void on_primed(transport::RequestId) override {}
  void on_garbage(std::string_view text, std::string_view why) override {
    owner_.on_garbage(text, why);
  }
  void on_log_line(std::string_view line) override { owner_.on_log_line(line); }
  void on_closed(base::Error error) override {
    if (stopped_ || exit_) return;
    cause_ = std::move(error);
    timer_.arm(loop_.wheel(), kAfterOutput, [this] { kill(); });
  }

  async::Loop& loop_;
  Tools tools_;
  const config::Server& server_;
  Owner& owner_;
  std::unique_ptr<process::Child> child_;
  std::unique_ptr<transport::StdioConnector> connector_;
  std::optional<process::Exit> exit_;
  base::Error cause_;
  async::Task stopped_;
  async::Timer timer_;
  pid_t pid_ = 0;
  unsigned starts_ = 0;  // what was begun for an earlier start is too late
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Runtime> process_runtime(async::Loop& loop, Tools tools,
                                         const config::Server& server, Owner& owner) {
  return std::make_unique<ProcessRuntime>(loop, std::move(tools), server, owner);
}

}  // namespace gantry::runtime
