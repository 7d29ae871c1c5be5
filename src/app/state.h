// The state folder of a gateway: the lock that one holds, and the file that says where it is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace gantry::app {

struct StatePaths {
  std::filesystem::path folder;
  [[nodiscard]] std::filesystem::path lock() const { return folder / "gateway.lock"; }
  [[nodiscard]] std::filesystem::path facts() const { return folder / "gateway.json"; }
  [[nodiscard]] std::filesystem::path socket() const { return folder / "gantry.sock"; }
  [[nodiscard]] std::filesystem::path log() const { return folder / "gateway.log"; }
  [[nodiscard]] std::filesystem::path children() const { return folder / "children"; }
};

/// Held as long as the descriptor lives, by the process and what it forks. kConflict: another
/// gateway has it.
[[nodiscard]] base::Result<base::Fd> take_lock(const StatePaths& paths);
/// Whether some gateway holds the lock now.
[[nodiscard]] bool is_locked(const StatePaths& paths);

}  // namespace gantry::app
