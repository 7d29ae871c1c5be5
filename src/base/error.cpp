#include "base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace gantry::base {
namespace {

constexpr std::array kRows = {
    CodeRow{Code::kInvalid, "invalid", 400, -32602, 2},
    CodeRow{Code::kParse, "parse", 400, -32700, 2},
    CodeRow{Code::kNotFound, "not_found", 404, -32602, 1},
    CodeRow{Code::kUnknownMethod, "unknown_method", 404, -32601, 2},
    CodeRow{Code::kConflict, "conflict", 409, -32603, 1},
    CodeRow{Code::kUnauthenticated, "unauthenticated", 401, -32001, 3},
    CodeRow{Code::kForbidden, "forbidden", 403, -32001, 3},
    CodeRow{Code::kLimit, "limit", 429, -32000, 1},
    CodeRow{Code::kUnavailable, "unavailable", 503, -32000, 4},
    CodeRow{Code::kTimeout, "timeout", 504, -32000, 4},
    CodeRow{Code::kCancelled, "cancelled", 499, -32800, 1},
    CodeRow{Code::kIo, "io", 500, -32603, 1},
    CodeRow{Code::kUnsupported, "unsupported", 501, -32601, 2},
    CodeRow{Code::kInternal, "internal", 500, -32603, 1},
};

Code code_of(int number) {
  switch (number) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Code::kUnavailable;
    case EADDRINUSE:
      return Code::kConflict;
    case ENOENT:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kForbidden;
    case ETIMEDOUT:
      return Code::kTimeout;
    default:
      return Code::kIo;
  }
}

}  // namespace

Error Error::within(std::string what) && {
  context.push_back(std::move(what));
  return std::move(*this);
}

std::string Error::text() const {
  std::string out;
  for (auto it = context.rbegin(); it != context.rend(); ++it) out.append(*it).append(": ");
  return out.append(message);
}

std::unexpected<Error> fail(Code code, std::string message, std::string hint) {
  return std::unexpected(
      Error{.code = code, .message = std::move(message), .hint = std::move(hint), .context = {}});
}

std::unexpected<Error> fail_errno(int number, std::string message) {
  message.append(": ").append(std::strerror(number));
  return fail(code_of(number), std::move(message));
}

const CodeRow& row(Code code) {
  const auto& found = kRows.at(static_cast<std::size_t>(code));
  GANTRY_ASSERT(found.code == code);
  return found;
}

}  // namespace gantry::base
