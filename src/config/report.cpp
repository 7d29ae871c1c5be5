#include "config/report.h"

#include <fmt/format.h>

#include <limits>

namespace gantry::config {
namespace {
constexpr document::Mark kNowhere = {std::numeric_limits<std::uint32_t>::max(), 0};
}

std::string Report::at(document::Mark mark) const {
  return fmt::format("{}:{}:{}", file_, mark.line, mark.column);
}

void Report::error(document::Mark mark, std::string message, std::string hint) {
  errors_.emplace(mark, Problem{at(mark), std::move(message), std::move(hint)});
}

void Report::error(std::string where, std::string message, std::string hint) {
  errors_.emplace(kNowhere, Problem{std::move(where), std::move(message), std::move(hint)});
}

void Report::warn(document::Mark mark, std::string message, std::string hint) {
  warnings_.emplace(mark, Problem{at(mark), std::move(message), std::move(hint)});
}

void Report::warn(std::string where, std::string message, std::string hint) {
  warnings_.emplace(kNowhere, Problem{std::move(where), std::move(message), std::move(hint)});
}

Problems Report::listed(const Placed& found) {
  Problems out;
  for (const auto& [mark, problem] : found) out.push_back(problem);
  return out;
}

}  // namespace gantry::config
