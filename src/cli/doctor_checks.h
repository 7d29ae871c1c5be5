// What `doctor` looks at. A check adds what it found; none changes anything.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"
#include "config/load.h"

namespace gantry::cli {

enum class Verdict : std::uint8_t { kGood, kDoubt, kBad };

struct Finding {
  Verdict verdict = Verdict::kGood;
  std::string what;
  std::string hint;  ///< the next thing to do; empty where all is well
};
using Findings = std::vector<Finding>;

/// The file is found and valid; each problem is a finding.
void check_configuration(const std::expected<config::Loaded, config::Problems>& loaded,
                         Findings& findings);
/// Each command can be run, and what it needs (node, uv) is there; each URL's host takes a
/// connection within 2 s.
void check_servers(const config::Config& config, Findings& findings);
/// State folder, descriptors, clock.
void check_machine(const config::Gateway& gateway, Findings& findings);
/// Each listener's address is free, or held by the running gateway. `status` is null where none
/// runs.
void check_listeners(const config::Gateway& gateway, const Json& status, Findings& findings);
/// It runs, is ready, is of this version; failing servers with their cause; URIs that two servers
/// offer.
void check_gateway(const Json& status, Findings& findings);

/// The program as the server would find it: a path that can be run, or a name in `path`
/// ("/bin:/usr/bin").
[[nodiscard]] std::optional<std::string> find_program(const std::string& program,
                                                      std::string_view path);

}  // namespace gantry::cli
