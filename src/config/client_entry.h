// One server of a client's JSON, said in our words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/interpolate.h"
#include "document/node.h"

namespace gantry::config {

/// Of the client's `timeout`.
enum class TimeoutUnit : std::uint8_t { kMilliseconds, kSeconds };

struct ClientEntry {
  document::Node node;  ///< with our keys, each where the client's stood
  bool disabled = false;
  std::map<std::string, std::string> more;  ///< of its envFile
  std::vector<std::string> ignored;         ///< keys that mean nothing here
  std::optional<base::Error> error;  ///< what our keys cannot say; the message starts with the key
  document::Mark error_mark;
};

[[nodiscard]] ClientEntry read_client_entry(const document::Node& node,
                                            const Interpolator& variables, TimeoutUnit unit);

}  // namespace gantry::config
