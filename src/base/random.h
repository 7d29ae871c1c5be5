// Unguessable values: bytes from the kernel's CSPRNG, as base64url.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gantry::base {

/// `bytes` random bytes as base64url without padding (16 bytes → 22 characters). Ends the program
/// where the kernel gives none: nothing safe could follow.
[[nodiscard]] std::string random_token(std::size_t bytes);
/// For jitter, not for secrets: uniform in [0, below).
[[nodiscard]] std::uint64_t random_below(std::uint64_t below);

}  // namespace gantry::base
