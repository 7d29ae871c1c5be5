// Reads gantry.yaml or a client's own JSON, with the environment and flags over it, and says where
// each value comes from.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/model.h"

namespace gantry::config {

/// One thing wrong: "gantry.yaml:3:5: unknown key 'comand'", hint "did you mean 'command'?".
struct Problem {
  std::string where;  ///< "file:line:col", "GANTRY_LISTEN" or "--listen"
  std::string message;
  std::string hint;
};
using Problems = std::vector<Problem>;

/// One effective value, for `config show`.
struct Setting {
  std::string key;     ///< "gateway.limits.body"
  std::string value;   ///< as text; secrets as "(secret)"
  std::string origin;  ///< "default", "gantry.yaml:3:5", "GANTRY_LIMITS_BODY", "--listen"
};

struct Sources {
  std::filesystem::path file;                      ///< empty: find_file()
  std::map<std::string, std::string> environment;  ///< GANTRY_* and what ${VAR} may name
  std::vector<std::pair<std::string, std::string>>
      flags;  ///< {"gateway.listen", "127.0.0.1:0"}: over environment and file
};

struct Loaded {
  Config config;
  std::filesystem::path file;
  std::vector<Setting> settings;  ///< gateway settings and each server's, in the file's order
  Problems warnings;              ///< ignored keys of a client's dialect, said once
};

/// ./gantry.yaml, then the configuration folder's. Nothing where neither exists.
[[nodiscard]] std::optional<std::filesystem::path> find_file();
/// All problems at once, in the order of the file.
[[nodiscard]] std::expected<Loaded, Problems> load(const Sources& sources);
/// The environment of this process.
[[nodiscard]] std::map<std::string, std::string> process_environment();

}  // namespace gantry::config
