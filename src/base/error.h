// Errors that a caller can act on are values: a code, a message that names the thing, a hint, a
// chain of context.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::base {

/// What kind of failure it is. One table (error.cpp) maps each to HTTP, JSON-RPC and exit status.
enum class Code : std::uint8_t {
  kInvalid,        ///< the input is wrong: a usage error, a bad file, a malformed message
  kParse,          ///< not JSON at all (JSON-RPC -32700)
  kNotFound,       ///< the named thing does not exist
  kUnknownMethod,  ///< JSON-RPC -32601
  kConflict,       ///< it exists already, or another holds it (port taken, lock held)
  kUnauthenticated,
  kForbidden,
  kLimit,        ///< a named limit was reached
  kUnavailable,  ///< a server or gateway cannot be reached now
  kTimeout,
  kCancelled,
  kIo,           ///< the operating system refused: file, socket, process
  kUnsupported,  ///< not available (yet), refused by name
  kInternal,     ///< a bug of ours
};

struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;               ///< one sentence, names the thing, no trailing stop
  std::string hint;                  ///< the next thing to do; may be empty
  std::vector<std::string> context;  ///< outermost last: "while starting server 'files'"

  /// Adds what was being done, and returns itself for chaining.
  [[nodiscard]] Error within(std::string what) &&;
  /// "context: message" in one line, without the hint.
  [[nodiscard]] std::string text() const;
};

template <typename T = void>
using Result = std::expected<T, Error>;

/// fail(Code::kInvalid, "...", "hint") → std::unexpected, for `return fail(...)`.
[[nodiscard]] std::unexpected<Error> fail(Code code, std::string message, std::string hint = {});
/// An operating system failure: "message: strerror(number)"; ECONNREFUSED and its kin become
/// kUnavailable, EADDRINUSE kConflict, ENOENT kNotFound, EACCES/EPERM kForbidden, ETIMEDOUT
/// kTimeout, the rest kIo.
[[nodiscard]] std::unexpected<Error> fail_errno(int number, std::string message);

struct CodeRow {
  Code code;
  std::string_view name;  ///< "not_found"
  int http_status;
  int json_rpc_code;
  int exit_status;  ///< 0 ok, 1 failed, 2 usage, 3 auth, 4 unreachable, 5 tool error
};
/// The row of a code.
[[nodiscard]] const CodeRow& row(Code code);

}  // namespace gantry::base

/// Evaluates a Result; returns its error from the enclosing function, else gives the value.
#define GANTRY_TRY(expression)                                      \
  ({                                                                \
    auto&& gantry_try_result = (expression);                        \
    if (!gantry_try_result) [[unlikely]]                            \
      return std::unexpected(std::move(gantry_try_result).error()); \
    std::move(gantry_try_result).value();                           \
  })
