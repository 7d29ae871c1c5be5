// For tests: a connection's owner that writes down what it is told.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "transport/connector.h"
#include "transport/test_loop.h"

namespace gantry::transport {

/// Each thing told is one line: "message 7: {…}", "failed 7 never: …", "lost 7: …", "paused 7 250",
/// "primed 7", "garbage: TEXT (WHY)", "log: …", "closed: …".
class RecordingReceiver : public Receiver {
 public:
  explicit RecordingReceiver(TestLoop& loop) : loop_(loop) {}

  void on_message(const Message& message, RequestId within) override {
    note(fmt::format("message {}: {}", within, message.bytes));
  }
  void on_request_failed(RequestId id, base::Error error, net::Sent sent) override {
    note(fmt::format("failed {} {}: {}", id, sent == net::Sent::kNever ? "never" : "maybe",
                     error.text()));
    hint = error.hint;
  }
  void on_session_lost(RequestId id, std::string body) override {
    note(fmt::format("lost {}: {}", id, body));
  }
  void on_paused(RequestId within, base::Millis retry) override {
    note(fmt::format("paused {} {}", within, retry.count()));
  }
  void on_primed(RequestId within) override { note(fmt::format("primed {}", within)); }
  void on_garbage(std::string_view text, std::string_view why) override {
    note(fmt::format("garbage: {} ({})", text, why));
  }
  void on_log_line(std::string_view line) override { note(fmt::format("log: {}", line)); }
  void on_closed(base::Error error) override { note(fmt::format("closed: {}", error.text())); }

  /// Waits until so many things were told.
  [[nodiscard]] bool has(std::size_t count) {
    return loop_.wait([&] { return told.size() >= count; });
  }
  /// Waits until something that starts so was told.
  [[nodiscard]] bool heard(std::string_view start) {
    return loop_.wait([&] {
      return std::ranges::any_of(told, [&](const auto& one) { return one.starts_with(start); });
    });
  }

  std::vector<std::string> told;
  std::string hint;                   ///< of the last failure
  std::function<void()> on_anything;  ///< runs inside each call, after it was written down

 private:
  void note(std::string line) {
    told.push_back(std::move(line));
    loop_.poke();
    if (const auto action = on_anything) action();  // a copy: it may take itself away
  }

  TestLoop& loop_;
};

}  // namespace gantry::transport
