// Replaces ${…} in a value by what it names, as the file's kind does it. What comes out is not read
// again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::config {

/// Whose rules hold.
enum class Variables : std::uint8_t {
  kGantry,      ///< ${VAR}, ${VAR:-default}, ${env:VAR}, ${file:PATH}, $$
  kNone,        ///< Claude Desktop: nothing is replaced
  kClaudeCode,  ///< ${VAR}, ${VAR:-default}
  kCursor,      ///< ${env:VAR}, ${workspaceFolder}, ${workspaceFolderBasename}, ${userHome},
                ///< ${pathSeparator}
  kVsCode,      ///< as Cursor, and ${input:ID}, which fails here: there is nobody to ask
};

class Interpolator {
 public:
  /// `environment` must outlive this. `folder`: of relative ${file:…} and of ${workspaceFolder}.
  Interpolator(Variables rules, const std::map<std::string, std::string>& environment,
               std::filesystem::path folder)
      : rules_(rules), environment_(environment), folder_(std::move(folder)) {}

  /// kInvalid, kNotFound or kUnsupported name the reference, never a value.
  [[nodiscard]] base::Result<std::string> expand(std::string_view text) const;
  [[nodiscard]] Variables rules() const { return rules_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] base::Result<std::string> resolve(std::string_view reference) const;
  [[nodiscard]] base::Result<std::string> resolve_workspace(std::string_view reference) const;
  [[nodiscard]] base::Result<std::string> variable(std::string_view reference,
                                                   std::string_view name) const;
  [[nodiscard]] base::Result<std::string> with_default(std::string_view reference) const;
  [[nodiscard]] base::Result<std::string> file(std::string_view path) const;

  Variables rules_;
  const std::map<std::string, std::string>& environment_;
  std::filesystem::path folder_;
};

}  // namespace gantry::config
