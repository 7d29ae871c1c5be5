// Reads values out of a section: the right kind, its references resolved. Says what is wrong to
// whom it concerns: to the file, or to one server, which then fails alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/interpolate.h"
#include "config/report.h"

namespace gantry::config {

/// What a wrong value brings down.
enum class Fate : std::uint8_t {
  kFile,        ///< the gateway's section: every problem refuses the file
  kUnresolved,  ///< a server of gantry.yaml: a reference that cannot be resolved breaks the server
                ///< alone
  kServer,      ///< a server of a client's file: anything breaks the server alone
};

class Scope {
 public:
  struct Item {
    std::string text;
    document::Mark mark;
  };

  /// `broken` may be null with Fate::kFile. All must outlive this.
  Scope(Report& report, const Interpolator& variables, Fate fate,
        std::optional<base::Error>* broken);

  void problem(document::Mark mark, std::string message, std::string hint = {});
  void problem(document::Mark mark, std::string_view key, const base::Error& error);
  /// A scalar's text, expanded; nothing (and said so) where there is none. `key` as messages name
  /// it.
  [[nodiscard]] std::optional<std::string> text(const document::Node& node, std::string_view key);
  /// A list of scalars; what is wrong in it is left out.
  [[nodiscard]] std::vector<Item> list(const document::Node& node, std::string_view key);
  /// A scalar alone, or a list of them.
  [[nodiscard]] std::vector<Item> one_or_more(const document::Node& node, std::string_view key);
  [[nodiscard]] bool is_mapping(const document::Node& node, std::string_view key);
  /// How many problems were told here.
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] Report& report() { return report_; }
  [[nodiscard]] const Interpolator& variables() const { return variables_; }

 private:
  void break_server(document::Mark mark, base::Error error);

  Report& report_;
  const Interpolator& variables_;
  Fate fate_;
  std::optional<base::Error>* broken_;
  std::size_t count_ = 0;
};

}  // namespace gantry::config
