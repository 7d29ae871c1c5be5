// The message scanner: one pass over a JSON-RPC message that proves it is one well-formed document
// and notes where everything stands that a gateway has to read or replace. The bytes themselves
// stay as they came.
//
// Proved: RFC 8259 grammar and nothing after the document but white space; UTF-8 well-formed (no
// overlong form, no surrogate, nothing past U+10FFFF); escapes legal (a lone surrogate escape is
// allowed, as JSON.parse does); nesting within `depth`; no duplicate of any key that is read here,
// compared after its escapes are decoded ("n\u0061me" is "name"), case-sensitive. JSON-RPC 2.0:
// `jsonrpc` is "2.0"; `method` a string; `id` a string or an integer number (not null, no fraction
// or exponent; any length); `params` an object (arrays are legal JSON-RPC but not MCP: refused); a
// response has an id and exactly one of `result` (object) and `error` (object with an integer
// `code` and a string `message`); with `error` the id may be null or left out (the schema of
// 2025-11-25). Unknown members of the envelope and of params are allowed and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::mcp {

/// A half-open range of bytes of the message; empty: not there. Of a string value it includes the
/// quotation marks.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] bool present() const { return end != 0; }
  [[nodiscard]] std::string_view in(std::string_view bytes) const {
    return bytes.substr(begin, end - begin);
  }
  friend bool operator==(Span, Span) = default;
};

enum class Kind : std::uint8_t { kRequest, kNotification, kResult, kError };

struct Envelope {
  Kind kind = Kind::kNotification;
  Span whole;  ///< the document without the white space around it
  Span id;     ///< raw token: 7, "a", null
  Span method;
  Span params;
  Span result;
  Span error;
  // Members of params (first level), where their value has the type that is given; another type
  // there leaves the span empty, except `meta`, `name`, `uri`, `cursor` and `ref`: a wrong type is
  // refused (-32602).
  Span name;              ///< params.name, string
  Span uri;               ///< params.uri, string
  Span cursor;            ///< params.cursor, string
  Span request_id;        ///< params.requestId, string or integer
  Span progress_token;    ///< params.progressToken, string or integer (notifications/progress)
  Span task_id;           ///< params.taskId, string
  Span level;             ///< params.level, string
  Span task;              ///< params.task, any
  Span protocol_version;  ///< params.protocolVersion, string
  Span capabilities;      ///< params.capabilities, object
  Span client_info;       ///< params.clientInfo, object
  Span meta;              ///< params._meta, object
  Span meta_token;        ///< params._meta.progressToken, string or integer; else -32602
  /// params._meta["io.modelcontextprotocol/protocolVersion"], any: the claim of the modern era
  Span meta_version;
  /// params._meta["io.modelcontextprotocol/related-task"].taskId, string
  Span meta_related_task;
  Span arguments;        ///< params.arguments, object
  Span input_responses;  ///< params.inputResponses, object
  Span request_state;    ///< params.requestState, string
  Span ref;              ///< params.ref, object (completion/complete)
  Span ref_name;         ///< params.ref.name, string
  Span ref_uri;          ///< params.ref.uri, string
  // Members of result
  Span result_task_id;  ///< result.task.taskId, string
  Span next_cursor;     ///< result.nextCursor, string
  /// A CR or LF stands outside strings: fold before writing to a line protocol.
  bool raw_newline = false;
};

struct ScanLimits {
  static constexpr std::size_t kMostDepth = 1024;
  /// Arrays and objects inside each other, the message itself counted; more than kMostDepth counts
  /// as that.
  std::size_t depth = 128;
  std::size_t bytes = 4U << 20U;  ///< more than UINT32_MAX - 1 counts as that
};

/// Why a message is refused.
struct Refusal {
  /// -32700 not JSON; -32600 not a JSON-RPC message, or a limit; -32602 a known parameter of a
  /// wrong type. What is not JSON goes before the second, the second before the third, in whatever
  /// order the members stand.
  int code = -32700;
  /// "duplicate key 'method'", "limits.depth: nested deeper than 128", "a second document follows
  /// at 37"
  std::string reason;
  std::size_t offset = 0;
  /// The string or integer id of what is JSON but refused, wherever it stands in the message, so
  /// that the answer can carry it. Empty where it is of another type, stands twice, or would come
  /// after the place where a limit was hit.
  Span id;
};

/// Scans one message. A well-formed array is refused with -32600 "a batch": see split_batch.
[[nodiscard]] std::expected<Envelope, Refusal> scan(std::string_view bytes,
                                                    const ScanLimits& limits = {});
/// Whether the first character that is not white space is '['.
[[nodiscard]] bool is_batch(std::string_view bytes);
/// The elements of a 2025-03-26 batch, the whole array proved well-formed; each is then scanned by
/// itself. An empty array, or more than `most` elements: -32600.
[[nodiscard]] std::expected<std::vector<Span>, Refusal> split_batch(std::string_view bytes,
                                                                    const ScanLimits& limits,
                                                                    std::size_t most);
/// Any well-formed JSON document, whatever its shape.
[[nodiscard]] std::expected<void, Refusal> check_json(std::string_view bytes,
                                                      const ScanLimits& limits = {});
/// The text of a raw string token (with its quotation marks), escapes decoded; a lone surrogate
/// becomes U+FFFD.
[[nodiscard]] std::string decode_string(std::string_view token);
/// The same, without a copy where there is no escape: the view is into `token` or into `storage`.
[[nodiscard]] std::string_view decode_string(std::string_view token, std::string& storage);
/// The message without raw newlines outside of strings (each becomes a space).
[[nodiscard]] std::string fold_newlines(std::string_view bytes);

}  // namespace gantry::mcp
