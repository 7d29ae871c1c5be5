#include <fmt/format.h>
#include <yaml.h>

#include <CLI/Version.hpp>
#include <nlohmann/detail/abi_macros.hpp>
#include <string>

#include "base/strings.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/table.h"

#if __has_include(<openssl/opensslv.h>)
#include <openssl/opensslv.h>
#endif

namespace gantry::cli {
namespace {

struct Library {
  std::string name;
  std::string version;
};

std::vector<Library> libraries() {
  std::vector<Library> all{
      {"libstdc++", std::to_string(_GLIBCXX_RELEASE)},
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"CLI11", CLI11_VERSION},
      {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                    NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
      {"libyaml", ::yaml_get_version_string()},
  };
#ifdef OPENSSL_VERSION_STR
  all.push_back({"OpenSSL", OPENSSL_VERSION_STR});
#endif
  return all;
}

/// Those of the legacy era; the newest first.
constexpr const char* kRevisions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

std::string as_json() {
  std::string names;
  for (const auto& library : libraries()) {
    names += fmt::format("{}{}:{}", names.empty() ? "" : ",", base::json_quote(library.name),
                         base::json_quote(library.version));
  }
  std::string revisions;
  for (const auto* revision : kRevisions) {
    revisions += fmt::format("{}\"{}\"", revisions.empty() ? "" : ",", revision);
  }
  return fmt::format(R"({{"version":"{}","compiler":{},"libraries":{{{}}},"protocols":[{}]}})",
                     base::version(), base::json_quote(__VERSION__), names, revisions);
}

}  // namespace

int version(const VersionOptions& options, Console& console) {
  if (options.json) {
    console.out() << as_json() << '\n';
    return 0;
  }
  std::string names;
  for (const auto& library : libraries()) {
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", library.name, library.version);
  }
  std::string revisions;
  for (const auto* revision : kRevisions) {
    revisions += fmt::format("{}{}", revisions.empty() ? "" : ", ", revision);
  }
  console.out() << table({{"gantry", std::string(base::version())},
                          {"compiler", __VERSION__},
                          {"libraries", names},
                          {"protocols", revisions}},
                         console);
  return 0;
}

}  // namespace gantry::cli
