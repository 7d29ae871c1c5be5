// The gateway's settings, put together: default < file < environment < flag; and where each came
// from.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/gateway_rows.h"
#include "config/load.h"
#include "config/scope.h"

namespace gantry::config {

class GatewayBuilder {
 public:
  /// The `gateway:` section of the file.
  void file(const document::Node& section, Scope& scope);
  /// GANTRY_*: an empty one counts as not set; one that is no setting is warned of.
  void environment(const std::map<std::string, std::string>& variables, Report& report);
  /// Keys are "gateway.listen"; a list's flag may come several times.
  void flags(const std::vector<std::pair<std::string, std::string>>& flags, Report& report);
  /// What only the whole can be asked: listeners that differ, and none beyond loopback without
  /// tokens.
  void check(Report& report) const;

  [[nodiscard]] const Gateway& gateway() const { return gateway_; }
  [[nodiscard]] std::vector<Setting> settings() const;

 private:
  /// The text of a variable or flag: lists are separated by commas.
  void put(const Row<Gateway>& row, std::string_view text, const std::string& origin,
           Report& report);
  [[nodiscard]] std::string origin(std::string_view key) const;

  Gateway gateway_;
  std::map<std::string, std::string, std::less<>> origins_;
};

}  // namespace gantry::config
