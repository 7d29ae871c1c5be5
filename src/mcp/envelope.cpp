#include "mcp/envelope.h"

#include <fmt/format.h>

#include "mcp/envelope_rules.h"
#include "mcp/json_cursor.h"

namespace gantry::mcp {
namespace {

/// The first thing that is wrong with a message that is JSON, kept until the whole of it was read:
/// what is not JSON at all goes before it, and the id may stand at the end.
struct Complaint {
  int code = 0;  ///< 0: none
  std::string_view text;
  std::string_view subject;  ///< what is filled in
  std::string_view wanted;
  std::uint32_t offset = 0;
};

/// What is not a JSON-RPC message goes before a wrong parameter, so that the order of keys decides
/// nothing.
bool outranks(int code, int other) { return other == 0 || (code == -32600 && other == -32602); }

/// The first character is looked at before the rest: few keys of one length begin alike.
bool same(std::string_view known, std::string_view key) {
  return known.size() == key.size() && known.front() == key.front() && known == key;
}

class Scanner {
 public:
  Scanner(std::string_view bytes, const ScanLimits& limits)
      : bytes_(bytes), cursor_(bytes, limits.depth) {}

  std::expected<Envelope, Refusal> run();

 private:
  bool document();
  bool object(Level level);
  bool member(const Rule& rule, std::uint32_t at);
  void note(const Rule& rule, JsonType type, Span span);
  void judge();
  void judge_request();
  void judge_response();
  void complain(const Complaint& complaint) {
    if (outranks(complaint.code, complaint_.code)) complaint_ = complaint;
  }
  void complain(std::string_view text) { complain({-32600, text, {}, {}, notes_.whole.begin}); }
  [[nodiscard]] std::unexpected<Refusal> refused() const;
  [[nodiscard]] Span returnable_id() const { return id_is_doubtful_ ? Span() : notes_.id; }

  std::string_view bytes_;
  JsonCursor cursor_;
  Notes notes_;
  Complaint complaint_;
  bool id_is_doubtful_ = false;  ///< null, of a wrong type, or there twice
  bool id_is_null_ = false;
};

bool Scanner::document() {
  cursor_.space();
  notes_.whole.begin = cursor_.offset();
  const auto type = cursor_.type();
  if (type != JsonType::kObject) {
    complain(type == JsonType::kArray ? "a batch" : "the message is not an object");
  }
  if (!(type == JsonType::kObject ? object(Level::kEnvelope) : cursor_.value())) return false;
  notes_.whole.end = cursor_.offset();
  return cursor_.finish();
}

/// Reads an object by the rules of its level. The recursion is as deep as the levels are, whatever
/// the message holds.
bool Scanner::object(Level level) {
  const auto rules = rules_of(level);
  std::uint32_t seen = 0;
  return cursor_.object([&](std::string_view key) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!same(rules[i].key, key)) continue;
      const auto at = cursor_.offset();
      const auto bit = std::uint32_t{1} << i;
      if ((seen & bit) == 0) {
        seen |= bit;
        return member(rules[i], at);
      }
      complain({-32600, "duplicate key '{}'", rules[i].key, {}, at});
      if (rules[i].slot == &Notes::id) id_is_doubtful_ = true;
      return cursor_.value();
    }
    return cursor_.value();
  });
}

bool Scanner::member(const Rule& rule, std::uint32_t at) {
  auto type = cursor_.type();
  const bool into = rule.inside != Level::kNone && type == JsonType::kObject;
  if (!(into ? object(rule.inside) : cursor_.value(type))) return false;
  note(rule, type, {at, cursor_.offset()});
  return true;
}

void Scanner::note(const Rule& rule, JsonType type, Span span) {
  const bool right = (rule.types & only(type)) != 0;
  if (right && rule.slot != nullptr) notes_.*rule.slot = span;
  if (rule.slot == &Notes::id) {
    id_is_null_ = type == JsonType::kNull;
    if (!right || id_is_null_) id_is_doubtful_ = true;
  }
  if (!right && rule.code != 0) {
    complain({rule.code, "'{}' is not {}", rule.key, rule.wanted, span.begin});
  }
}

void Scanner::judge() {
  const auto version = notes_.jsonrpc.in(bytes_);
  if (!notes_.jsonrpc.present()) {
    complain("'jsonrpc' is missing");
  } else if (version != "\"2.0\"") {
    std::string storage;
    if (decode_string(version, storage) != "2.0") complain("'jsonrpc' is not \"2.0\"");
  }
  if (notes_.method.present()) {
    judge_request();
  } else {
    judge_response();
  }
}

void Scanner::judge_request() {
  if (notes_.result.present()) complain("'method' and 'result' in one message");
  if (notes_.error.present()) complain("'method' and 'error' in one message");
  if (id_is_null_) complain("'id' is null");
  notes_.kind = notes_.id.present() ? Kind::kRequest : Kind::kNotification;
}

void Scanner::judge_response() {
  const bool result = notes_.result.present();
  const bool error = notes_.error.present();
  if (!result && !error) return complain("neither 'method' nor 'result' nor 'error'");
  if (result && error) return complain("'result' and 'error' in one message");
  notes_.kind = result ? Kind::kResult : Kind::kError;
  if (result && !notes_.id.present()) complain("'id' is missing");
  if (result && id_is_null_) complain("'id' is null");
  if (error && !notes_.error_code.present()) complain("'error' has no 'code'");
  if (error && !notes_.error_message.present()) complain("'error' has no 'message'");
}

std::unexpected<Refusal> Scanner::refused() const {
  return std::unexpected(Refusal{
      .code = complaint_.code,
      .reason = fmt::format(fmt::runtime(complaint_.text), complaint_.subject, complaint_.wanted),
      .offset = complaint_.offset,
      .id = returnable_id()});
}

std::expected<Envelope, Refusal> Scanner::run() {
  if (!document()) {
    auto refusal = cursor_.refusal();
    // Of what is not JSON no id is told: JSON-RPC wants null there, and what was read is not to be
    // trusted.
    if (refusal.code != -32700) refusal.id = returnable_id();
    return std::unexpected(std::move(refusal));
  }
  judge();
  if (complaint_.code != 0) return refused();
  notes_.raw_newline = cursor_.raw_newline();
  return notes_;
}

}  // namespace

std::expected<Envelope, Refusal> scan(std::string_view bytes, const ScanLimits& limits) {
  if (auto allowed = check_size(bytes, limits); !allowed)
    return std::unexpected(std::move(allowed).error());
  return Scanner(bytes, limits).run();
}

}  // namespace gantry::mcp
