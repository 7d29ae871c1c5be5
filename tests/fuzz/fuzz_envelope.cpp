// The message scanner on any bytes: it must end, stay in bounds, and agree with itself.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "mcp/envelope.h"
#include "mcp/splice.h"

namespace {

using namespace gantry::mcp;

constexpr ScanLimits kLimits{.depth = 64};

/// A span that is told is a whole JSON value of its own, inside the document.
void check_span(std::string_view bytes, const Envelope& envelope, Span span) {
  if (!span.present()) return;
  GANTRY_ASSERT(span.begin < span.end);
  GANTRY_ASSERT(envelope.whole.begin <= span.begin && span.end <= envelope.whole.end);
  GANTRY_ASSERT(check_json(span.in(bytes), kLimits).has_value());
}

void check_spans(std::string_view bytes, const Envelope& envelope) {
  for (const auto slot : {&Envelope::whole,
                          &Envelope::id,
                          &Envelope::method,
                          &Envelope::params,
                          &Envelope::result,
                          &Envelope::error,
                          &Envelope::name,
                          &Envelope::uri,
                          &Envelope::cursor,
                          &Envelope::request_id,
                          &Envelope::progress_token,
                          &Envelope::task_id,
                          &Envelope::level,
                          &Envelope::task,
                          &Envelope::protocol_version,
                          &Envelope::capabilities,
                          &Envelope::client_info,
                          &Envelope::arguments,
                          &Envelope::input_responses,
                          &Envelope::request_state,
                          &Envelope::ref,
                          &Envelope::ref_name,
                          &Envelope::ref_uri,
                          &Envelope::meta,
                          &Envelope::meta_token,
                          &Envelope::meta_version,
                          &Envelope::meta_related_task,
                          &Envelope::result_task_id,
                          &Envelope::next_cursor}) {
    check_span(bytes, envelope, envelope.*slot);
  }
}

/// What a gateway does to an accepted message leaves an accepted message with the same meaning.
void check_rewriting(std::string_view bytes, const Envelope& envelope) {
  const auto folded = fold_newlines(bytes);
  const auto again = scan(folded, kLimits);
  GANTRY_ASSERT(again.has_value() && !again->raw_newline);
  GANTRY_ASSERT(again->kind == envelope.kind && again->whole == envelope.whole);

  Splice splice(bytes, envelope.whole);
  if (envelope.meta_token.present()) splice.add(envelope.meta_token, "\"a longer token\"");
  if (envelope.id.present()) splice.add(envelope.id, "12345");
  if (envelope.name.present()) splice.add(envelope.name, "\"\"");
  std::string out;
  splice.append_to(out);
  GANTRY_ASSERT(out.size() == splice.size());
  const auto spliced = scan(out, kLimits);
  GANTRY_ASSERT(spliced.has_value() && spliced->kind == envelope.kind);
  if (envelope.id.present()) GANTRY_ASSERT(spliced->id.in(out) == "12345");
}

void check_refusal(std::string_view bytes, const Refusal& refusal) {
  GANTRY_ASSERT(refusal.offset <= bytes.size() && !refusal.reason.empty());
  GANTRY_ASSERT(refusal.code == -32700 || refusal.code == -32600 || refusal.code == -32602);
  if (refusal.code == -32700) GANTRY_ASSERT(!refusal.id.present());
  if (refusal.id.present()) {
    GANTRY_ASSERT(refusal.id.end <= bytes.size());
    GANTRY_ASSERT(check_json(refusal.id.in(bytes)).has_value());
  }
}

void check_batch(std::string_view bytes) {
  const auto split = split_batch(bytes, kLimits, 16);
  if (!split) return check_refusal(bytes, split.error());
  GANTRY_ASSERT(is_batch(bytes) && check_json(bytes, kLimits).has_value());
  for (const auto span : *split) GANTRY_ASSERT(check_json(span.in(bytes), kLimits).has_value());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto checked = check_json(bytes, kLimits);
  const auto scanned = scan(bytes, kLimits);
  // Both read the same grammar.
  GANTRY_ASSERT(checked.has_value() == (scanned.has_value() || scanned.error().code != -32700) ||
                checked.error().code == -32600);
  if (scanned) {
    check_spans(bytes, *scanned);
    check_rewriting(bytes, *scanned);
  } else {
    check_refusal(bytes, scanned.error());
  }
  check_batch(bytes);
  GANTRY_ASSERT(decode_string(bytes).size() <= bytes.size());
  return 0;
}
