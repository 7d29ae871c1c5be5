#include "app/connect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "app/bridge.h"
#include "app/gateway.h"
#include "async/threads.h"
#include "base/strings.h"
#include "config/load.h"
#include "observe/log.h"
#include "process/daemon.h"

namespace gantry::app {
namespace {

/// A gateway that was started for a client ends itself so long after the last session.
constexpr base::Millis kIdleExit{60'000};

int complain(const base::Error& error) {
  fmt::print(stderr, "gantry: {}\n", error.text());
  if (!error.hint.empty()) fmt::print(stderr, "hint: {}\n", error.hint);
  return base::row(error.code).exit_status;
}

std::string path_of(const cli::ConnectOptions& options) {
  if (!options.server.empty()) return fmt::format("/servers/{}/mcp", options.server);
  if (!options.profile.empty()) return fmt::format("/profiles/{}/mcp", options.profile);
  return "/mcp";
}

base::Millis idle_exit() {
  const auto environment = config::process_environment();
  const auto set = environment.find("GANTRY_IDLE_EXIT");
  return set == environment.end() ? kIdleExit
                                  : base::parse_duration(set->second).value_or(kIdleExit);
}

base::Result<> ensure_gateway(const cli::ConnectOptions& options) {
  cli::UpOptions up;
  up.file = options.file;
  up.run = cli::Run::kDetached;
  up.quiet = true;
  up.idle_exit = idle_exit();
  return start_in_background(up);
}

base::Result<BridgeTarget> target_of(const cli::ConnectOptions& options) {
  BridgeTarget target;
  if (options.url.empty()) {
    target.url = {.address = {.tls = false,
                              .host = "localhost",
                              .port = 0,
                              .socket = GANTRY_TRY(base::state_folder()) / "gantry.sock"},
                  .authority = "localhost",
                  .target = path_of(options)};
    // Not by a fork from here: this process has threads.
    target.restart = [options] {
      std::vector<std::string> arguments = {"up", "--detach", "--quiet", "--idle-exit",
                                            base::format_duration(idle_exit())};
      if (!options.file.empty()) arguments.insert(arguments.end(), {"--file", options.file});
      return process::run_to_end("/proc/self/exe", arguments);
    };
    return target;
  }
  target.url = GANTRY_TRY(net::parse_url(options.url));
  if (target.url.target == "/") target.url.target = path_of(options);
  if (!options.token_file.empty()) {
    const auto token = GANTRY_TRY(base::read_file(options.token_file, 64U << 10U));
    const auto text = base::trim(std::string_view(token).substr(0, token.find_first_of("\r\n")));
    if (text.empty())
      return base::fail(base::Code::kInvalid, fmt::format("{} holds no token", options.token_file));
    target.headers = fmt::format("Authorization: Bearer {}\r\n", text);
  }
  return target;
}

/// stdin as a descriptor that can be watched: what is no pipe, socket or terminal is read through
/// one.
base::Result<base::Fd> watchable_input() {
  struct stat status{};
  if (::fstat(STDIN_FILENO, &status) != 0)
    return base::fail_errno(errno, "there is no standard input");
  if (!S_ISREG(status.st_mode)) {
    base::Fd copy(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    ::fcntl(copy.number(), F_SETFL, ::fcntl(copy.number(), F_GETFL) | O_NONBLOCK);
    return copy;
  }
  const auto content = GANTRY_TRY(base::read_file("/dev/stdin", 1U << 30U));
  base::Fd file(::memfd_create("gantry-input", MFD_CLOEXEC));
  if (!file || ::write(file.number(), content.data(), content.size()) !=
                   static_cast<ssize_t>(content.size())) {
    return base::fail_errno(errno, "cannot read the standard input");
  }
  ::lseek(file.number(), 0, SEEK_SET);
  return file;
}

}  // namespace

int run_connect(const cli::ConnectOptions& options) {
  observe::configure(observe::Level::kWarn, observe::Format::kText);
  // Before any thread is made: a gateway that has to be started is forked from here.
  if (options.url.empty()) {
    if (auto started = ensure_gateway(options); !started) return complain(started.error());
  }
  auto target = target_of(options);
  if (!target) return complain(target.error());
  auto input = watchable_input();
  if (!input) return complain(input.error());
  base::Fd output(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  ::fcntl(output.number(), F_SETFL, ::fcntl(output.number(), F_GETFL) | O_NONBLOCK);
  auto threads = async::Threads::create(1);
  if (!threads) return complain(threads.error());
  auto& loop = *threads->loops().front();
  auto tls = net::TlsClient::create();
  if (!tls) return complain(tls.error());
  async::Offload offload;
  const auto ends = async::Signals::create(loop, [&loop](int) { loop.stop(); });
  Bridge bridge({.loop = loop, .offload = offload, .tls = *tls}, std::move(*target),
                std::move(*input), std::move(output));
  loop.post([&bridge] { bridge.start(); });
  threads->run();
  return bridge.exit_status();
}

}  // namespace gantry::app
