// A recursive-descent reader: nlohmann-json keeps no place of a value, and a configuration's errors
// need one.
#include <fmt/format.h>

#include <map>

#include "document/read.h"
#include "document/text.h"

namespace gantry::document {
namespace {

using Done = Read<bool>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Read<Node> document() {
    auto root = value(0);
    if (!root) return root;
    if (auto blank = skip_blank(); !blank) return std::unexpected(std::move(blank).error());
    if (at_ < text_.size()) return fault("something follows the end of the document");
    return root;
  }

 private:
  [[nodiscard]] std::unexpected<Fault> fault(std::string message, std::string hint = {}) const {
    return std::unexpected(Fault{mark_, std::move(message), std::move(hint)});
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] bool follows(std::string_view word) const {
    return text_.substr(at_).starts_with(word);
  }

  char take() {
    const char c = text_[at_++];
    if (c == '\n') {
      mark_ = {mark_.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++mark_.column;
    }
    return c;
  }
  void take(std::size_t count) {
    while (count-- > 0) take();
  }

  Done skip_blank();
  Done expect_more(char close, bool& more);
  Read<Node> value(std::size_t depth);
  Read<Node> object(std::size_t depth);
  Read<Node> array(std::size_t depth);
  Read<Node> number();
  Read<Node> word();
  Read<std::string> string();
  Done escape(std::string& out);
  Read<std::uint32_t> hex4();

  std::string_view text_;
  std::size_t at_ = 0;
  Mark mark_;
};

Done JsonReader::skip_blank() {
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      take();
    } else if (follows("//")) {
      while (!at_end() && peek() != '\n') take();
    } else if (follows("/*")) {
      const auto end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return fault("a comment is not closed");
      take(end + 2 - at_);
    } else {
      break;
    }
  }
  return true;
}

/// After an element: a comma (a trailing one too) or the closing character, which is taken.
Done JsonReader::expect_more(char close, bool& more) {
  if (auto blank = skip_blank(); !blank) return blank;
  const bool comma = peek() == ',';
  if (comma) {
    take();
    if (auto blank = skip_blank(); !blank) return blank;
  }
  if (peek() == close) {
    take();
    more = false;
    return true;
  }
  if (at_end()) return fault(fmt::format("the file ends before '{}'", close));
  if (!comma) return fault(fmt::format("expected ',' or '{}'", close));
  return true;
}

Read<Node> JsonReader::value(std::size_t depth) {
  if (auto blank = skip_blank(); !blank) return std::unexpected(std::move(blank).error());
  if (at_end()) return fault("the file ends where a value should stand");
  const char c = peek();
  const auto mark = mark_;
  if ((c == '{' || c == '[') && depth >= kMostDepth) {
    return fault(fmt::format("nested deeper than {}", kMostDepth));
  }
  if (c == '{') return object(depth + 1);
  if (c == '[') return array(depth + 1);
  if (c == '"') {
    auto text = string();
    if (!text) return std::unexpected(std::move(text).error());
    Node node(Kind::kString, mark, *std::move(text));
    node.quoted = true;
    return node;
  }
  if (c == '-' || is_digit(c)) return number();
  return word();
}

Read<Node> JsonReader::object(std::size_t depth) {
  Node node(Kind::kMapping, mark_);
  std::map<std::string, Mark> seen;
  take();
  bool more = true;
  if (auto blank = skip_blank(); !blank) return std::unexpected(std::move(blank).error());
  if (peek() == '}') return take(), node;
  while (more) {
    const auto mark = mark_;
    if (at_end()) return fault("the file ends before '}'");
    if (peek() != '"') return fault("expected a key in double quotation marks");
    auto key = string();
    if (!key) return std::unexpected(std::move(key).error());
    if (const auto [first, fresh] = seen.try_emplace(*key, mark); !fresh) {
      return std::unexpected(Fault{mark,
                                   fmt::format("duplicate key '{}', first at {}:{}", *key,
                                               first->second.line, first->second.column),
                                   "keep one of them"});
    }
    if (auto blank = skip_blank(); !blank) return std::unexpected(std::move(blank).error());
    if (peek() != ':') return fault(fmt::format("expected ':' after the key '{}'", *key));
    take();
    auto inner = value(depth);
    if (!inner) return inner;
    node.entries.push_back({*std::move(key), mark, *std::move(inner)});
    if (auto next = expect_more('}', more); !next) return std::unexpected(std::move(next).error());
  }
  return node;
}

Read<Node> JsonReader::array(std::size_t depth) {
  Node node(Kind::kSequence, mark_);
  take();
  bool more = true;
  if (auto blank = skip_blank(); !blank) return std::unexpected(std::move(blank).error());
  if (peek() == ']') return take(), node;
  while (more) {
    auto inner = value(depth);
    if (!inner) return inner;
    node.items.push_back(*std::move(inner));
    if (auto next = expect_more(']', more); !next) return std::unexpected(std::move(next).error());
  }
  return node;
}

Read<Node> JsonReader::number() {
  Node node(Kind::kNumber, mark_);
  const auto begin = at_;
  const auto digits = [this] {
    const auto from = at_;
    while (is_digit(peek())) take();
    return at_ > from;
  };
  if (peek() == '-') take();
  const bool zero_led = peek() == '0' && is_digit(peek(1));
  bool good = digits() && !zero_led;
  if (good && peek() == '.') {
    take();
    good = digits();
  }
  if (good && (peek() == 'e' || peek() == 'E')) {
    take();
    if (peek() == '+' || peek() == '-') take();
    good = digits();
  }
  node.text = text_.substr(begin, at_ - begin);
  if (!good)
    return std::unexpected(Fault{node.mark, fmt::format("'{}' is not a number", node.text), {}});
  return node;
}

Read<Node> JsonReader::word() {
  const auto rest = text_.substr(at_);
  const auto word = rest.substr(0, rest.find_first_of(" \t\r\n,:{}[]\"/"));
  Node node(Kind::kNull, mark_, std::string(word));
  if (word == "true" || word == "false") {
    node.kind = Kind::kBool;
  } else if (word != "null") {
    if (word.empty()) return fault(fmt::format("unexpected '{}'", peek()));
    return fault(fmt::format("unexpected '{}'", word), "text stands in double quotation marks");
  }
  take(word.size());
  return node;
}

Read<std::string> JsonReader::string() {
  const auto begin = mark_;
  std::string out;
  take();
  while (!at_end()) {
    const char c = peek();
    if (c == '"') return take(), out;
    if (static_cast<unsigned char>(c) < 0x20) {
      if (c == '\n' || c == '\r') break;
      return fault("a control character stands in a text", "write it as an escape: \\t or \\u0000");
    }
    if (c != '\\') {
      out.push_back(take());
    } else if (auto escaped = escape(out); !escaped) {
      return std::unexpected(std::move(escaped).error());
    }
  }
  return std::unexpected(
      Fault{begin, "a text is not closed", "it ends with a double quotation mark"});
}

Done JsonReader::escape(std::string& out) {
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  const auto begin = mark_;
  take();
  const char c = peek();
  if (const auto known = kFrom.find(c); c != '\0' && known != std::string_view::npos) {
    take();
    out.push_back(kTo[known]);
    return true;
  }
  if (c != 'u')
    return std::unexpected(Fault{begin, "unknown escape", "write \\\\ for a backslash"});
  take();
  auto first = hex4();
  if (!first) return std::unexpected(std::move(first).error());
  std::uint32_t character = *first;
  if (character >= 0xD800 && character < 0xDC00 && follows("\\u")) {
    take(2);
    const auto second = hex4();
    if (!second) return std::unexpected(second.error());
    const bool pair = *second >= 0xDC00 && *second < 0xE000;
    character = pair ? 0x10000 + ((character - 0xD800) << 10U) + (*second - 0xDC00) : 0xD800;
  }
  if (character >= 0xD800 && character < 0xE000) {
    return std::unexpected(Fault{begin, "half of a surrogate pair", {}});
  }
  append_utf8(out, character);
  return true;
}

Read<std::uint32_t> JsonReader::hex4() {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = peek();
    const char lower = static_cast<char>(c | 0x20);
    const bool letter = lower >= 'a' && lower <= 'f';
    if (!is_digit(c) && !letter) return fault("\\u needs four hexadecimal digits");
    out = out * 16 + static_cast<std::uint32_t>(letter ? lower - 'a' + 10 : c - '0');
    take();
  }
  return out;
}

}  // namespace

Read<Node> read_json(std::string_view text) { return JsonReader(text).document(); }

}  // namespace gantry::document
