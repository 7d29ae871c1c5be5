#include "config/scope.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace gantry::config {

using document::Kind;
using document::Mark;
using document::Node;

Scope::Scope(Report& report, const Interpolator& variables, Fate fate,
             std::optional<base::Error>* broken)
    : report_(report), variables_(variables), fate_(fate), broken_(broken) {
  GANTRY_ASSERT(fate == Fate::kFile || broken != nullptr);
}

void Scope::break_server(Mark mark, base::Error error) {
  if (broken_->has_value()) return;  // the first one is told
  error.message = fmt::format("{}: {}", report_.at(mark), error.message);
  *broken_ = std::move(error);
}

void Scope::problem(Mark mark, std::string message, std::string hint) {
  ++count_;
  if (fate_ != Fate::kServer) return report_.error(mark, std::move(message), std::move(hint));
  break_server(mark, base::fail(base::Code::kInvalid, std::move(message), std::move(hint)).error());
}

void Scope::problem(Mark mark, std::string_view key, const base::Error& error) {
  problem(mark, fmt::format("{}: {}", key, error.message), error.hint);
}

std::optional<std::string> Scope::text(const Node& node, std::string_view key) {
  if (!node.is_scalar()) {
    const bool nothing = node.kind == Kind::kNull;
    problem(node.mark,
            nothing ? fmt::format("{}: a value is missing", key)
                    : fmt::format("{}: expected text, found {}", key, kind_name(node.kind)),
            nothing ? "write \"\" for an empty text" : "");
    return std::nullopt;
  }
  auto expanded = variables_.expand(node.text);
  if (!expanded) {
    auto error = std::move(expanded).error();
    if (fate_ == Fate::kFile) {
      problem(node.mark, key, error);
    } else {
      ++count_;
      error.message = fmt::format("{}: {}", key, error.message);
      break_server(node.mark, std::move(error));
    }
    return std::nullopt;
  }
  if (expanded->contains('\0')) {
    problem(node.mark, fmt::format("{}: holds a NUL character", key));
    return std::nullopt;
  }
  return *std::move(expanded);
}

std::vector<Scope::Item> Scope::list(const Node& node, std::string_view key) {
  std::vector<Item> out;
  if (node.kind != Kind::kSequence) {
    problem(node.mark, fmt::format("{}: expected a list, found {}", key, kind_name(node.kind)),
            "write [a, b]");
    return out;
  }
  for (const auto& item : node.items) {
    if (auto one = text(item, key)) out.push_back({*std::move(one), item.mark});
  }
  return out;
}

std::vector<Scope::Item> Scope::one_or_more(const Node& node, std::string_view key) {
  if (node.kind == Kind::kSequence) return list(node, key);
  if (auto one = text(node, key)) return {{*std::move(one), node.mark}};
  return {};
}

bool Scope::is_mapping(const Node& node, std::string_view key) {
  if (node.kind == Kind::kMapping) return true;
  problem(node.mark, fmt::format("{}: expected a mapping, found {}", key, kind_name(node.kind)),
          "write KEY: VALUE lines below it");
  return false;
}

}  // namespace gantry::config
