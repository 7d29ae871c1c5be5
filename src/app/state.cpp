#include "app/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace gantry::app {
namespace {

/// " (process 12, http://127.0.0.1:3010)" as the other gateway wrote it down; empty where it has
/// not yet.
std::string who(const StatePaths& paths) {
  const auto text = base::read_file(paths.facts());
  const auto facts = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!facts.is_object()) return {};
  const auto pid = facts.find("pid");
  const auto endpoint = facts.find("endpoint");
  return fmt::format(" (process {}, {})",
                     pid != facts.end() && pid->is_number_integer() ? pid->get<int>() : 0,
                     endpoint != facts.end() && endpoint->is_string() ? endpoint->get<std::string>()
                                                                      : "no endpoint");
}

}  // namespace

base::Result<base::Fd> take_lock(const StatePaths& paths) {
  base::Fd fd(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return base::fail_errno(errno, fmt::format("cannot open {}", paths.lock().string()));
  if (::flock(fd.number(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK)
    return base::fail_errno(errno, fmt::format("cannot lock {}", paths.lock().string()));
  return base::fail(
      base::Code::kConflict,
      fmt::format("a gateway runs already with the state folder {}{}", paths.folder.string(),
                  who(paths)),
      "see it: gantry status; stop it: gantry down; or set GANTRY_STATE_DIR for a second one");
}

bool is_locked(const StatePaths& paths) {
  const base::Fd fd(::open(paths.lock().c_str(), O_RDWR | O_CLOEXEC));
  return fd && ::flock(fd.number(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace gantry::app
