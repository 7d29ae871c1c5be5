// The load: N connections on one epoll, each with its own session, each in a closed loop of
// tools/call. Prints its figures as one line of JSON. See README.md for what they mean.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "figures.h"
#include "load_options.h"

namespace {

using namespace std::chrono_literals;
using gantry::bench::Client;
using gantry::bench::Instant;
using gantry::bench::Options;
using gantry::bench::Phase;
using gantry::bench::Turn;
using std::chrono::steady_clock;

constexpr std::size_t kSetupsAtOnce = 16;  // a bridge may start a process for each session
constexpr auto kSetupTime = 60s;
constexpr auto kCallTime = 10s;
constexpr auto kEndTime = 5s;
constexpr std::uint64_t kMostErrors = 1000;

std::uint64_t nanoseconds_between(Instant from, Instant to) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(to - from).count());
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)), processor_(options.pids) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      clients_.push_back(
          std::make_unique<Client>(options_.target, epoll_, static_cast<std::uint32_t>(i)));
    }
  }

  /// False when the sessions could not be made; error() says why.
  bool run() {
    if (!set_up()) return false;
    calling_ = true;
    for (const auto& client : clients_) ask(*client);
    pass(options_.warm_up);
    begin_measuring();
    pass(options_.seconds);
    end_measuring();
    end_sessions();
    return true;
  }

  void print() const {
    const double seconds = static_cast<double>(nanoseconds_between(began_, ended_)) / 1e9;
    const double calls = static_cast<double>(calls_);
    std::printf("{\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.3f,", calls_, errors_,
                seconds);
    std::printf("\"calls_per_second\":%.0f,\"latency_us\":{", calls / seconds);
    const auto microseconds = [this](double part) {
      return static_cast<double>(latency_.percentile(part)) / 1000;
    };
    std::printf("\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}", microseconds(0.5),
                microseconds(0.9), microseconds(0.99), static_cast<double>(latency_.most()) / 1000);
    if (!processor_.is_empty()) {
      std::printf(",\"cpu_us\":{\"median\":%.2f,\"p10\":%.2f,\"p90\":%.2f,\"mean\":%.2f,",
                  windows_.percentile(0.5), windows_.percentile(0.1), windows_.percentile(0.9),
                  windows_.mean());
      std::printf("\"windows\":%zu,\"alive\":%s}", windows_.count(),
                  processor_.all_alive() ? "true" : "false");
    }
    std::printf(",\"error\":%s}\n", quoted(error_).c_str());
  }

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool is_clean() const { return errors_ == 0 && processor_.all_alive(); }

 private:
  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
  }

  bool set_up() {
    if (!options_.with_session) {
      for (const auto& client : clients_) client->skip_session();
      return true;
    }
    const Instant limit = steady_clock::now() + kSetupTime;
    for (std::size_t i = 0; i < kSetupsAtOnce; ++i) set_up_next();
    while (ready_ < clients_.size() && errors_ == 0 && steady_clock::now() < limit) round();
    if (errors_ == 0 && ready_ < clients_.size()) error_ = "the sessions were not ready in time";
    return ready_ == clients_.size();
  }

  void set_up_next() {
    if (next_setup_ >= clients_.size() || errors_ > 0) return;
    Client& client = *clients_[next_setup_++];
    if (!client.initialize()) note_error(client);
  }

  /// Goes round for so long, or until enough was called or failed.
  void pass(double seconds) {
    const auto length = std::chrono::duration<double>(seconds);
    const Instant end =
        steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(length);
    while (steady_clock::now() < end && calls_ < options_.calls && errors_ < kMostErrors) {
      round();
      end_late_calls();
    }
  }

  void round() {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5);
    for (int i = 0; i < count; ++i) {
      Client& client = *clients_[events[static_cast<std::size_t>(i)].data.u32];
      take(client, client.on_io());
    }
    if (measuring_) close_window(steady_clock::now());
  }

  void take(Client& client, Turn turn) {
    if (turn == Turn::kReady) {
      ++ready_;
      set_up_next();
    } else if (turn == Turn::kCalled) {
      ++calls_;
      latency_.add(nanoseconds_between(client.asked_at(), steady_clock::now()));
      ask(client);
    } else if (turn == Turn::kFailed) {
      note_error(client);
      ask(client);
    }
  }

  void ask(Client& client) {
    if (calling_ && errors_ < kMostErrors && !client.call()) note_error(client);
  }

  void note_error(const Client& client) {
    ++errors_;
    if (error_.empty()) error_ = client.error();
  }

  void end_late_calls() {
    const Instant now = steady_clock::now();
    if (now < next_late_check_) return;
    next_late_check_ = now + 500ms;
    for (const auto& client : clients_) {
      const bool waiting = client->phase() == Phase::kCall && now - client->asked_at() > kCallTime;
      const bool failed = client->phase() != Phase::kCall;
      if (waiting) {
        ++errors_;
        if (error_.empty()) error_ = "a call without an answer";
        client->close();
      }
      if (waiting || failed) ask(*client);
    }
  }

  void begin_measuring() {
    latency_ = {};
    calls_ = 0;
    measuring_ = true;
    began_ = window_began_ = steady_clock::now();
    window_calls_ = 0;
    (void)processor_.read();  // counting begins here
  }

  void close_window(Instant now) {
    using gantry::bench::Windows;
    const std::uint64_t calls = calls_ - window_calls_;
    const bool is_long_enough = nanoseconds_between(window_began_, now) >= Windows::kLength &&
                                calls >= Windows::kLeastCallsAConnection * clients_.size();
    // A load too short for one window is one window.
    if (!is_long_enough && (measuring_ || windows_.count() > 0)) return;
    if (!processor_.is_empty()) windows_.add(processor_.read(), calls);
    window_began_ = now;
    window_calls_ = calls_;
  }

  void end_measuring() {
    ended_ = steady_clock::now();
    measuring_ = false;
    close_window(ended_);
    const std::uint64_t calls = calls_;
    const auto latency = latency_;
    calling_ = false;  // what is under way is waited for, and not counted
    const Instant limit = ended_ + kCallTime;
    while (count_in(Phase::kCall) > 0 && steady_clock::now() < limit) round();
    calls_ = calls;
    latency_ = latency;
  }

  void end_sessions() {
    if (!options_.with_session) return;
    for (const auto& client : clients_) client->end_session();
    const Instant limit = steady_clock::now() + kEndTime;
    const std::uint64_t errors = errors_;  // not every server knows DELETE
    while (count_in(Phase::kDelete) > 0 && steady_clock::now() < limit) round();
    errors_ = errors;
  }

  [[nodiscard]] std::ptrdiff_t count_in(Phase phase) const {
    return std::count_if(clients_.begin(), clients_.end(),
                         [phase](const auto& client) { return client->phase() == phase; });
  }

  const Options& options_;
  int epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
  gantry::bench::ProcessorTime processor_;
  gantry::bench::Windows windows_;
  gantry::bench::Histogram latency_;
  bool calling_ = false;
  bool measuring_ = false;
  std::size_t next_setup_ = 0;
  std::size_t ready_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t window_calls_ = 0;
  Instant began_;
  Instant ended_;
  Instant window_began_;
  Instant next_late_check_;
  std::string error_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = gantry::bench::read_options(argc, argv);
  if (!options) {
    std::fwrite(gantry::bench::kUsage.data(), 1, gantry::bench::kUsage.size(), stderr);
    return 2;
  }
  Load load(*options);
  if (!load.run()) {
    std::fprintf(stderr, "bench_load: %s\n", load.error().c_str());
    return EXIT_FAILURE;
  }
  load.print();
  return load.is_clean() ? EXIT_SUCCESS : EXIT_FAILURE;
}
