// Files and descriptors: whole reads, atomic writes, the folders that Gantry keeps its things in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace gantry::base {

/// Owns a descriptor; closes it once.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() { reset(); }
  [[nodiscard]] int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset();
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

/// The whole file, at most `most` bytes (kLimit beyond).
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t most = 64U << 20U);
/// Written beside, synced, renamed: a reader sees the old or the new, never half. Mode 0600.
[[nodiscard]] Result<> write_file(const std::filesystem::path& path, std::string_view content);
/// $GANTRY_STATE_DIR, else $XDG_STATE_HOME/gantry, else ~/.local/state/gantry; made with mode 0700.
[[nodiscard]] Result<std::filesystem::path> state_folder();
/// $XDG_CONFIG_HOME/gantry, else ~/.config/gantry; not made.
[[nodiscard]] std::filesystem::path config_folder();

}  // namespace gantry::base
