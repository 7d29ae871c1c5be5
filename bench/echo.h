// The echo server's protocol, without its transport: one message in, at most one answer out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::bench {

enum class Outcome : std::uint8_t {
  kAnswered,    ///< an answer was appended
  kInitialize,  ///< likewise, to `initialize`
  kNothing,     ///< a notification or an answer: nothing to say
  kMalformed,   ///< no JSON object
};

/// Appends the answer to `out`, without a line's end. The id's token and the text's token are
/// copied as they stand.
[[nodiscard]] Outcome echo(std::string_view message, std::string& out);

}  // namespace gantry::bench
