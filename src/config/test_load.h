// For the tests of this folder: a configuration in a folder of its own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "config/load.h"

namespace gantry::config {

/// A folder that ends with the test.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();

  /// Makes the folders above it too.
  void write(const std::filesystem::path& name, std::string_view text) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Loads the file `name`. Places and messages are told without this folder.
  [[nodiscard]] std::expected<Loaded, Problems> load(
      const std::string& name, std::map<std::string, std::string> environment = {},
      std::vector<std::pair<std::string, std::string>> flags = {}) const;
  /// Writes `text` as gantry.yaml and loads it.
  [[nodiscard]] std::expected<Loaded, Problems> load_yaml(
      std::string_view text, std::map<std::string, std::string> environment = {},
      std::vector<std::pair<std::string, std::string>> flags = {}) const;

 private:
  std::filesystem::path path_;
};

/// "WHERE: MESSAGE (HINT)" lines.
[[nodiscard]] std::string told(const Problems& problems);
/// The setting's "VALUE from ORIGIN".
[[nodiscard]] std::string setting(const Loaded& loaded, std::string_view key);

}  // namespace gantry::config
