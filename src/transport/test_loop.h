// For tests on a loop: one thread, the test's own; waiting for something runs the loop.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/loop.h"
#include "async/offload.h"
#include "net/http_client.h"

namespace gantry::transport {

/// A loop that runs as long as a test waits. What lives on it is made, used and destroyed by on().
class TestLoop {
 public:
  TestLoop() : loop_(async::Loop::create(0).value()) {}

  [[nodiscard]] async::Loop& loop() { return *loop_; }
  [[nodiscard]] async::Offload& offload() { return offload_; }
  [[nodiscard]] net::ClientContext context() {
    return {.loop = *loop_, .offload = offload_, .tls = nullptr};
  }

  /// Runs it on the loop.
  void on(std::move_only_function<void()> action) {
    bool done = false;
    loop_->post([&] {
      action();
      done = true;
      poke();
    });
    until([&] { return done; });
  }
  /// Something happened: who waits looks now.
  void poke() { loop_->stop(); }
  /// Runs the loop until it is so. False: it hangs.
  [[nodiscard]] bool wait(const std::function<bool()>& reached) {
    until(reached);
    return reached();
  }
  /// Lets everything happen that needs no deadline: so many rounds of the loop, each with at least
  /// one look at the descriptors.
  void settle(unsigned rounds = 20) {
    for (; rounds > 0; --rounds) on([] {});
  }

 private:
  static constexpr base::Millis kLook{5};
  static constexpr std::chrono::seconds kHung{20};  // nothing takes that long

  void until(const std::function<bool()>& reached) {
    const auto hung = base::Clock::now() + kHung;
    while (!reached() && base::Clock::now() < hung) {
      tick_.arm(loop_->wheel(), kLook, [this] { loop_->stop(); });
      loop_->run();
    }
    tick_.disarm();
  }

  std::unique_ptr<async::Loop> loop_;
  async::Offload offload_;
  async::Timer tick_;
};

/// A folder that ends with the test.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-test-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gantry::transport
