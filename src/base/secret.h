// A value that must not be shown: it has no way into a log, a message or JSON but `reveal`.
#pragma once

#include <string>
#include <utility>

namespace gantry::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gantry::base
