#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/version.h"
#include "cli/doctor_checks.h"
#include "cli/server_view.h"

namespace gantry::cli {
namespace {

void check_failing(const Json& status, Findings& findings) {
  for (const auto& server : member(status, "servers")) {
    if (text_at(server, "state") != "failed") continue;
    const auto name = text_at(server, "name");
    findings.push_back({Verdict::kBad, fmt::format("server '{}' fails: {}", name, cause_of(server)),
                        fmt::format("gantry server logs {}", name)});
  }
}

void check_conflicts(const Json& status, Findings& findings) {
  for (const auto& conflict : member(status, "uri_conflicts")) {
    std::string servers;
    std::string last;
    for (const auto& each : member(conflict, "servers")) {
      if (!each.is_string()) continue;
      last = each.get<std::string>();
      servers += (servers.empty() ? "" : ", ") + last;
    }
    findings.push_back(
        {Verdict::kDoubt,
         fmt::format("several servers offer {}: {}", text_at(conflict, "uri"), servers),
         fmt::format("read the later ones as gantry://{}/…", last)});
  }
}

}  // namespace

void check_gateway(const Json& status, Findings& findings) {
  if (status.is_null()) {
    findings.push_back({Verdict::kDoubt, "no gateway runs here", "start one: gantry up"});
    return;
  }
  const bool ready = flag_at(status, "ready");
  findings.push_back({ready ? Verdict::kGood : Verdict::kDoubt,
                      fmt::format("the gateway runs at {} and is {}", text_at(status, "endpoint"),
                                  ready ? "ready" : "not ready yet"),
                      ready ? "" : "gantry status"});
  if (const auto version = text_at(status, "version"); version != base::version()) {
    findings.push_back(
        {Verdict::kDoubt,
         fmt::format("the gateway is version {}, this program {}", version, base::version()),
         "restart it: gantry down, then gantry up -d"});
  }
  check_failing(status, findings);
  check_conflicts(status, findings);
}

}  // namespace gantry::cli
