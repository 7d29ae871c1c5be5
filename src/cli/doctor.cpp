#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/doctor_checks.h"
#include "cli/problems.h"

namespace gantry::cli {
namespace {

struct Mark {
  std::string_view sign;
  std::string_view name;
  Colour colour;
};

Mark mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return {"√", "ok", Colour::kGreen};
    case Verdict::kDoubt:
      return {"‼", "warning", Colour::kYellow};
    case Verdict::kBad:
      return {"×", "error", Colour::kRed};
  }
  return {"×", "error", Colour::kRed};
}

Findings examine(const std::string& file) {
  Findings findings;
  const auto loaded = load_configuration(file);
  check_configuration(loaded, findings);
  const auto config = loaded ? loaded->config : config::Config();
  const auto status = ask_gateway("GET", "/api/v1/status");
  const bool absent = !status && status.error().message == no_gateway().message;
  check_servers(config, findings);
  check_machine(config.gateway, findings);
  check_listeners(config.gateway, status ? *status : Json(), findings);
  if (status || absent) {
    check_gateway(status ? *status : Json(), findings);
  } else {
    findings.push_back({Verdict::kBad, "the gateway does not answer: " + status.error().text(),
                        status.error().hint});
  }
  return findings;
}

Json as_json(const Findings& findings, bool ok) {
  auto checks = Json::array();
  for (const auto& finding : findings) {
    checks.push_back({{"verdict", mark_of(finding.verdict).name},
                      {"what", finding.what},
                      {"hint", finding.hint}});
  }
  return {{"ok", ok}, {"checks", std::move(checks)}};
}

}  // namespace

int doctor(const DoctorOptions& options, Console& console) {
  const auto findings = examine(options.file);
  const bool ok = std::ranges::none_of(
      findings, [](const Finding& finding) { return finding.verdict == Verdict::kBad; });
  if (options.json) {
    console.out() << indented(as_json(findings, ok)) << '\n';
    return ok ? 0 : 1;
  }
  for (const auto& finding : findings) {
    const auto mark = mark_of(finding.verdict);
    console.out() << console.painted(mark.colour, mark.sign) << ' ' << printable(finding.what)
                  << '\n';
    if (!finding.hint.empty()) console.out() << "    hint: " << printable(finding.hint) << '\n';
  }
  return ok ? 0 : 1;
}

}  // namespace gantry::cli
