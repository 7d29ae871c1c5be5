// Collects what is wrong with a configuration, to be told all at once in the order of the file.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"
#include "document/node.h"

namespace gantry::config {

class Report {
 public:
  /// `file` as it shall be shown.
  explicit Report(std::string file) : file_(std::move(file)) {}

  /// "gantry.yaml:3:5"
  [[nodiscard]] std::string at(document::Mark mark) const;
  void error(document::Mark mark, std::string message, std::string hint = {});
  /// Something that is not in the file: a variable, a flag, the file itself.
  void error(std::string where, std::string message, std::string hint = {});
  void warn(document::Mark mark, std::string message, std::string hint = {});
  void warn(std::string where, std::string message, std::string hint = {});

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  /// How many problems were found so far.
  [[nodiscard]] std::size_t count() const { return errors_.size(); }
  /// Those of the file by place, then the others as they came.
  [[nodiscard]] Problems errors() const { return listed(errors_); }
  [[nodiscard]] Problems warnings() const { return listed(warnings_); }

 private:
  using Placed = std::multimap<document::Mark, Problem>;
  static Problems listed(const Placed& found);

  std::string file_;
  Placed errors_;
  Placed warnings_;
};

}  // namespace gantry::config
