#include "config/fingerprint.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/assert.h"

namespace gantry::config {
namespace {

/// Each part with its length, so that no two lists of parts read the same.
class Parts {
 public:
  void add(std::string_view part) {
    fmt::format_to(std::back_inserter(text_), "{}:{}", part.size(), part);
  }
  template <typename List>
  void add_all(const List& list) {
    add(std::to_string(list.size()));
    for (const auto& each : list) add(each);
  }
  void add_pairs(const std::map<std::string, std::string>& pairs) {
    add(std::to_string(pairs.size()));
    for (const auto& [key, value] : pairs) {
      add(key);
      add(value);
    }
  }
  [[nodiscard]] std::string hash() const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned size = 0;
    GANTRY_ASSERT(
        EVP_Digest(text_.data(), text_.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    std::string out;
    for (unsigned i = 0; i < size; ++i)
      fmt::format_to(std::back_inserter(out), "{:02x}", digest.at(i));
    return out;
  }

 private:
  std::string text_;
};

}  // namespace

std::string fingerprint(const Server& server) {
  Parts parts;
  if (const auto* command = std::get_if<Command>(&server.kind)) {
    parts.add("command");
    parts.add(command->program);
    parts.add_all(command->args);
    parts.add_pairs(command->env);
    parts.add(command->cwd.string());
  } else {
    const auto& remote = std::get<Remote>(server.kind);
    parts.add("url");
    parts.add(remote.url);
    for (const auto& [name, value] : remote.headers) parts.add(name);
  }
  parts.add_all(server.tools.allow);
  parts.add_all(server.tools.deny);
  parts.add_pairs(server.tools.rename);
  return parts.hash();
}

}  // namespace gantry::config
