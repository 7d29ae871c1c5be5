#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "process/keeper.h"

namespace gantry::process {
namespace {

constexpr std::array<std::string_view, 23> kPassed = {"PATH",
                                                      "HOME",
                                                      "USER",
                                                      "LOGNAME",
                                                      "SHELL",
                                                      "TERM",
                                                      "LANG",
                                                      "TZ",
                                                      "TMPDIR",
                                                      "HTTP_PROXY",
                                                      "HTTPS_PROXY",
                                                      "ALL_PROXY",
                                                      "NO_PROXY",
                                                      "http_proxy",
                                                      "https_proxy",
                                                      "all_proxy",
                                                      "no_proxy",
                                                      "SSL_CERT_FILE",
                                                      "SSL_CERT_DIR",
                                                      "CURL_CA_BUNDLE",
                                                      "REQUESTS_CA_BUNDLE",
                                                      "AWS_CA_BUNDLE",
                                                      "NODE_EXTRA_CA_CERTS"};

bool is_passed(std::string_view name) {
  return name.starts_with("LC_") || std::ranges::find(kPassed, name) != kPassed.end();
}

}  // namespace

std::vector<std::string> child_environment(
    const std::vector<std::pair<std::string, std::string>>& named) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !is_passed(text.substr(0, equals))) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [name, value] : named) variables[name] = value;
  std::vector<std::string> result;
  result.reserve(variables.size());
  for (const auto& [name, value] : variables) {
    auto& entry = result.emplace_back(name);
    entry.append("=").append(value);
  }
  return result;
}

}  // namespace gantry::process
