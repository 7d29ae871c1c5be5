#include "app/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "app/banner.h"
#include "app/state.h"
#include "async/offload.h"
#include "async/threads.h"
#include "base/strings.h"
#include "base/version.h"
#include "config/load.h"
#include "gateway/front.h"
#include "net/listener.h"
#include "observe/log.h"
#include "process/daemon.h"

namespace gantry::app {
namespace {

constexpr std::size_t kLogSize = 10U << 20U;
constexpr unsigned kLogsKept = 3;
/// A stop that takes longer than this is ended hard (the servers' own stop takes up to 10 s).
constexpr base::Millis kMostStop{15'000};
constexpr base::Millis kDrain{500};
constexpr base::Millis kIdleLook{250};

void set_up_log(const config::Gateway& gateway) {
  auto format = observe::Format::kJson;
  if (gateway.log_format == config::LogFormat::kText) format = observe::Format::kText;
  if (gateway.log_format == config::LogFormat::kAuto && ::isatty(STDERR_FILENO) == 1)
    format = observe::Format::kText;
  observe::configure(static_cast<observe::Level>(gateway.log_level), format);
}

/// What runs while the gateway runs. Members are in the order of their making; they end in the
/// other.
class Gateway {
 public:
  Gateway(config::Loaded loaded, StatePaths paths, const cli::UpOptions& options,
          std::function<void(std::string)> report)
      : loaded_(std::move(loaded)),
        paths_(std::move(paths)),
        options_(options),
        report_(std::move(report)) {}

  base::Result<> prepare() {
    lock_ = GANTRY_TRY(take_lock(paths_));
    leftovers_ = std::make_unique<process::Leftovers>(paths_.children());
    for (const auto& one : leftovers_->end_all()) {
      observe::warn("leftover.ended", {{"server", one.name}, {"pid", one.pid}});
    }
    keeper_ = GANTRY_TRY(process::Keeper::create());
    const auto cores =
        loaded_.config.gateway.loops == 0 ? async::usable_cores() : loaded_.config.gateway.loops;
    threads_.emplace(GANTRY_TRY(async::Threads::create(cores)));
    signals_ = GANTRY_TRY(async::Signals::create(*threads_->loops().front(),
                                                 [this](int number) { on_signal(number); }));
    for (const auto& listen : loaded_.config.gateway.listen) {
      auto made = listen.is_unix() ? net::Listener::local(listen.socket)
                                   : net::Listener::tcp(listen.host, listen.port);
      if (!made) return std::unexpected(std::move(made).error());
      names_.push_back(listen.is_unix()
                           ? listen.text()
                           : fmt::format("http://{}:{}", host_name(listen), (*made)->port()));
      listeners_.push_back(std::move(*made));
    }
    listeners_.push_back(GANTRY_TRY(net::Listener::local(paths_.socket())));
    return assemble();
  }

  int run() {
    auto& control = *threads_->loops().front();
    control.post([this] { begin(); });
    threads_->run();
    ::unlink(paths_.facts().c_str());
    observe::info("gateway.stopped");
    return exit_status_;
  }

 private:
  static std::string host_name(const config::Listen& listen) {
    return listen.host.contains(':') ? fmt::format("[{}]", listen.host) : listen.host;
  }

  base::Result<> assemble() {
    const auto& gateway = loaded_.config.gateway;
    offload_ = std::make_unique<async::Offload>();
    endpoints_ = gateway::endpoints(loaded_.config);
    const runtime::Tools tools{.keeper = keeper_.get(),
                               .leftovers = leftovers_.get(),
                               .offload = offload_.get(),
                               .tls = GANTRY_TRY(net::TlsClient::create()),
                               .depth = gateway.limits.depth,
                               .message = gateway.limits.answer};
    const fabric::FleetLimits limits{.instances = gateway.limits.instances,
                                     .a_server = gateway.limits.instances_a_server};
    fleet_ = std::make_unique<fabric::Fleet>(threads_->loops(), tools, loaded_.config.servers,
                                             limits, paths_.folder);
    catalogue_ = std::make_unique<gateway::Catalogue>(*fleet_, endpoints_, gateway.names_max);
    catalogue_->on_settled([this] { on_settled(); });
    context_.reset(new gateway::SessionContext{.fleet = *fleet_,
                                               .catalogue = *catalogue_,
                                               .config = loaded_.config,
                                               .endpoints = endpoints_});
    std::vector<std::uint16_t> ports;
    for (const auto& listener : listeners_) ports.push_back(listener->port());
    access_ = std::make_unique<policy::Access>(gateway, std::move(ports));
    settings_ = {.header = gateway.limits.header,
                 .body = gateway.limits.body,
                 .outbox = 1U << 20U,
                 .keep_alive = gateway.keep_alive,
                 .request = base::Millis(30'000)};
    api_ = std::make_unique<admin::Api>(*context_,
                                        admin::Facts{.version = std::string(base::version()),
                                                     .endpoint = names_.front(),
                                                     .listeners = names_,
                                                     .config_file = loaded_.file.string(),
                                                     .loops = threads_->loops().size(),
                                                     .started = base::Clock::now(),
                                                     .counts = &counts_,
                                                     .shut_down = [this] { shut_down(); }});
    make_servers();
    return {};
  }

  void make_servers() {
    const auto loops = threads_->loops();
    std::vector<net::HttpServer*> peers;
    for (auto* loop : loops) {
      auto extra = [this](const auto& head, std::string_view, const auto& entrance,
                          const auto& exchange) { return api_->serve(head, entrance, exchange); };
      fronts_.push_back(std::make_unique<gateway::Front>(*loop, *context_, *access_, loops.size(),
                                                         std::move(extra)));
      servers_.push_back(
          std::make_unique<net::HttpServer>(*loop, *fronts_.back(), settings_, counts_));
      peers.push_back(servers_.back().get());
    }
    for (auto& server : servers_) server->know(peers);
  }

  void begin() {
    auto& control = *threads_->loops().front();
    for (auto& listener : listeners_) {
      auto started = listener->start(control, [this](base::Fd fd, net::Entrance entrance) {
        deal(std::move(fd), std::move(entrance));
      });
      if (!started) return fail(started.error());
    }
    const nlohmann::json facts = {
        {"pid", ::getpid()},
        {"started", process::start_time(::getpid()).value_or(0)},
        {"version", base::version()},
        {"endpoint", names_.front()},
        {"endpoints", names_},
        {"socket", paths_.socket().string()},
        {"config", loaded_.file.string()},
        {"log", options_.run == cli::Run::kDetached ? paths_.log().string() : ""}};
    if (auto written = base::write_file(paths_.facts(), facts.dump() + "\n"); !written)
      return fail(written.error());
    observe::info("gateway.started", {{"endpoint", names_.front()},
                                      {"config", loaded_.file.string()},
                                      {"servers", loaded_.config.servers.size()}});
    fleet_->start();
    on_settled();
    if (options_.idle_exit.count() > 0) look_for_idleness();
  }

  /// Connections are dealt to the loops in turn; what comes over our own socket may be for the API,
  /// which is here.
  void deal(base::Fd fd, net::Entrance entrance) {
    if (counts_.connections.load(std::memory_order_relaxed) >=
        loaded_.config.gateway.limits.connections) {
      observe::warn("connection.refused",
                    {{"peer", entrance.peer}, {"limit", "limits.connections"}});
      return;
    }
    auto& server = *servers_[entrance.unix_socket ? 0 : next_server_++ % servers_.size()];
    server.loop().dispatch([&server, socket = std::move(fd), from = std::move(entrance)]() mutable {
      server.add(std::move(socket), std::move(from));
    });
  }

  void on_settled() {
    if (reported_ || !api_->ready()) return;
    reported_ = true;
    observe::info("gateway.ready", {{"endpoint", names_.front()}});
    report_(banner(loaded_.config, *fleet_, names_.front()));
  }

  void look_for_idleness() {
    idle_.arm(threads_->loops().front()->wheel(), kIdleLook, [this] {
      const auto now = base::Clock::now();
      if (context_->sessions.load() > 0) last_session_ = now;
      if (now - last_session_ >= options_.idle_exit) {
        observe::info("gateway.idle_exit");
        return shut_down();
      }
      look_for_idleness();
    });
  }

  void on_signal(int number) {
    if (number == SIGHUP) {
      observe::warn(
          "signal.ignored",
          {{"signal", "SIGHUP"}, {"hint", "reload is not available yet: restart the gateway"}});
      return;
    }
    if (stopping_) {
      observe::warn("gateway.killed");
      ::_exit(1);  // the keeper ends the servers
    }
    shut_down();
  }

  void fail(const base::Error& error) {
    observe::error("gateway.failed", {{"cause", error.text()}});
    exit_status_ = base::row(error.code).exit_status;
    shut_down();
  }

  void shut_down() {
    if (std::exchange(stopping_, true)) return;
    observe::info("gateway.stopping");
    for (auto& listener : listeners_) listener->stop();
    idle_.disarm();
    api_->end();
    auto& control = *threads_->loops().front();
    hard_stop_.arm(control.wheel(), kMostStop, [this] { threads_->loops().front()->stop(); });
    auto left = std::make_shared<std::atomic<std::size_t>>(fronts_.size());
    for (std::size_t at = 0; at < fronts_.size(); ++at) {
      threads_->loops()[at]->post([this, at, left] {
        fronts_[at]->end_sessions();
        if (left->fetch_sub(1) == 1) threads_->loops().front()->post([this] { stop_fleet(); });
      });
    }
  }

  void stop_fleet() {
    fleet_->stop([this] {
      // What was answered last gets out before the loops end.
      auto left = std::make_shared<std::atomic<std::size_t>>(servers_.size());
      const auto one_less = [this, left] {
        if (left->fetch_sub(1) == 1) threads_->loops().front()->stop();
      };
      drain_.arm(threads_->loops().front()->wheel(), kDrain,
                 [this] { threads_->loops().front()->stop(); });
      for (auto& server : servers_) {
        server->loop().post([&server, one_less] { server->drain(one_less); });
      }
    });
  }

  config::Loaded loaded_;
  StatePaths paths_;
  cli::UpOptions options_;
  std::function<void(std::string)> report_;
  base::Fd lock_;
  std::unique_ptr<process::Leftovers> leftovers_;
  std::unique_ptr<process::Keeper> keeper_;
  std::optional<async::Threads> threads_;
  std::unique_ptr<async::Signals> signals_;  // made before the first thread: all inherit its mask
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::unique_ptr<async::Offload> offload_;
  std::vector<gateway::Endpoint> endpoints_;
  std::unique_ptr<fabric::Fleet> fleet_;
  std::unique_ptr<gateway::Catalogue> catalogue_;
  std::unique_ptr<gateway::SessionContext> context_;
  std::unique_ptr<policy::Access> access_;
  net::ServerSettings settings_;
  net::ServerCounts counts_;
  std::unique_ptr<admin::Api> api_;
  std::vector<std::unique_ptr<gateway::Front>> fronts_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  async::Timer idle_;
  async::Timer hard_stop_;
  async::Timer drain_;
  base::Instant last_session_ = base::Clock::now();
  std::size_t next_server_ = 0;
  int exit_status_ = 0;
  bool reported_ = false;
  bool stopping_ = false;
};

int complain(const base::Error& error) {
  fmt::print(stderr, "gantry: {}\n", error.text());
  if (!error.hint.empty()) fmt::print(stderr, "hint: {}\n", error.hint);
  return base::row(error.code).exit_status;
}

std::expected<config::Loaded, config::Problems> load(const cli::UpOptions& options) {
  return config::load(
      {.file = options.file, .environment = config::process_environment(), .flags = options.flags});
}

int complain(const config::Problems& problems) {
  for (const auto& problem : problems) {
    fmt::print(stderr, "{}: error: {}\n", problem.where, problem.message);
    if (!problem.hint.empty()) fmt::print(stderr, "  hint: {}\n", problem.hint);
  }
  return 2;
}

void write_report(const base::Fd& to, std::string_view text) {
  // A parent that is gone wants no report.
  [[maybe_unused]] const auto wrote = ::write(to.number(), text.data(), text.size());
}

/// The background process: from here to its end.
[[noreturn]] void run_detached(config::Loaded loaded, const StatePaths& paths,
                               const cli::UpOptions& options, base::Fd report) {
  observe::configure(static_cast<observe::Level>(loaded.config.gateway.log_level),
                     observe::Format::kJson);
  observe::rotate(paths.log().string(), kLogSize, kLogsKept);
  auto to = std::make_shared<base::Fd>(std::move(report));
  Gateway gateway(std::move(loaded), paths, options, [to](const std::string& text) {
    write_report(*to, text);
    to->reset();
  });
  if (auto prepared = gateway.prepare(); !prepared) {
    const auto& error = prepared.error();
    write_report(
        *to, fmt::format("!{}\n{}\n{}\n", static_cast<int>(error.code), error.text(), error.hint));
    std::exit(base::row(error.code).exit_status);
  }
  const int status = gateway.run();
  std::exit(status);
}

/// Starts the gateway in the background; the banner once it is ready.
base::Result<std::string> detach(config::Loaded loaded, const StatePaths& paths,
                                 const cli::UpOptions& options) {
  auto background = GANTRY_TRY(process::detach(paths.log()));
  if (background.is_child)
    run_detached(std::move(loaded), paths, options, std::move(background.report));
  const auto text = process::await_report(background.report);
  if (text.starts_with('!')) {
    const auto lines = base::split(text, '\n');
    const auto code = base::parse_number(lines.front().substr(1)).value_or(0);
    return base::fail(static_cast<base::Code>(code), std::string(lines.at(1)),
                      std::string(lines.at(2)));
  }
  if (text.empty()) {
    return base::fail(base::Code::kInternal, "the gateway ended before it was ready",
                      fmt::format("its log: {}", paths.log().string()));
  }
  return text;
}

}  // namespace

int run_up(const cli::UpOptions& options) {
  auto loaded = load(options);
  if (!loaded) return complain(loaded.error());
  for (const auto& problem : loaded->warnings) {
    fmt::print(stderr, "{}: warning: {}\n", problem.where, problem.message);
  }
  set_up_log(loaded->config.gateway);
  const auto folder = base::state_folder();
  if (!folder) return complain(folder.error());
  const StatePaths paths{*folder};
  if (options.run == cli::Run::kDetached) {
    const auto text = detach(std::move(*loaded), paths, options);
    if (!text) return complain(text.error());
    if (!options.quiet) fmt::print("{}", *text);
    return 0;
  }
  Gateway gateway(std::move(*loaded), paths, options,
                  [quiet = options.quiet](const std::string& text) {
                    if (quiet) return;
                    fmt::print("{}", text);
                    std::fflush(stdout);
                  });
  if (auto prepared = gateway.prepare(); !prepared) return complain(prepared.error());
  return gateway.run();
}

base::Result<> start_in_background(const cli::UpOptions& options) {
  const StatePaths paths{GANTRY_TRY(base::state_folder())};
  if (is_locked(paths)) return {};
  auto loaded = load(options);
  if (!loaded) {
    const auto& first = loaded.error().front();
    return base::fail(base::Code::kInvalid, fmt::format("{}: {}", first.where, first.message),
                      first.hint);
  }
  auto started = detach(std::move(*loaded), paths, options);
  // Another connect may have been faster: its gateway serves as well.
  if (!started && started.error().code != base::Code::kConflict)
    return std::unexpected(std::move(started).error());
  return {};
}

}  // namespace gantry::app
