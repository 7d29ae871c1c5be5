// Builds the tree from libyaml's events. libyaml speaks YAML 1.1 grammar, which reads 1.2 documents
// as they are written in practice; the meaning of scalars, where the versions differ, is decided
// here.
#include <fmt/format.h>
#include <yaml.h>

#include <map>

#include "document/core_schema.h"
#include "document/read.h"
#include "document/text.h"

namespace gantry::document {
namespace {

/// Bytes that copies of anchored nodes may take together: a "billion laughs" ends here.
constexpr std::size_t kMostCopied = 8U << 20U;
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

Mark mark_of(const yaml_mark_t& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string_view view(const yaml_char_t* text) {
  // libyaml's strings are unsigned char.
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw); }
  [[nodiscard]] Mark mark() const { return mark_of(raw.start_mark); }

  yaml_event_t raw = {};
};

struct Weight {
  std::size_t bytes = 0;
  std::size_t height = 0;
};

Weight weigh(const Node& node) {
  Weight all{.bytes = sizeof(Node) + node.text.size(), .height = 0};
  const auto add = [&all](const Node& inner) {
    const auto part = weigh(inner);
    all.bytes += part.bytes;
    all.height = std::max(all.height, part.height);
  };
  for (const auto& item : node.items) add(item);
  for (const auto& entry : node.entries) {
    all.bytes += sizeof(Entry) + entry.key.size();
    add(entry.value);
  }
  if (node.kind == Kind::kSequence || node.kind == Kind::kMapping) ++all.height;
  return all;
}

std::unexpected<Fault> fault(Mark mark, std::string message, std::string hint = {}) {
  return std::unexpected(Fault{mark, std::move(message), std::move(hint)});
}

class YamlReader {
 public:
  explicit YamlReader(std::string_view text) : text_(text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;
  ~YamlReader() { yaml_parser_delete(&parser_); }

  Read<Node> document();

 private:
  using Done = Read<bool>;
  Done next(Event& event);
  Read<Node> node(const Event& event, std::size_t depth);
  Read<Node> scalar(const Event& event);
  Read<Node> sequence(const Event& event, std::size_t depth);
  Read<Node> mapping(const Event& event, std::size_t depth);
  Read<std::string> key(const Event& event);
  Read<Node> copy(const Event& event, std::size_t depth);
  Done anchor(std::string_view name, const Node& node);
  Done spend(std::size_t bytes, Mark mark);
  [[nodiscard]] Fault failure() const;

  std::string_view text_;
  yaml_parser_t parser_ = {};
  std::map<std::string, Node, std::less<>> anchors_;
  std::size_t copied_ = 0;
};

Fault YamlReader::failure() const {
  const std::string_view problem = parser_.problem != nullptr ? parser_.problem : "out of memory";
  if (parser_.error == YAML_READER_ERROR) {
    return {mark_at(text_, parser_.problem_offset), std::string(problem), {}};
  }
  const auto mark = mark_of(parser_.problem_mark);
  const auto line = line_at(text_, mark.line);
  std::string hint;
  if (line.substr(0, line.find_first_not_of(" \t")).contains('\t')) {
    hint = "indent with spaces, not with tabs";
  } else if (line.contains("${")) {
    hint = "a value with ${…} needs quotation marks inside [ ] and { }";
  }
  if (parser_.context == nullptr) return {mark, std::string(problem), hint};
  return {mark, fmt::format("{}, {}", problem, parser_.context), hint};
}

YamlReader::Done YamlReader::next(Event& event) {
  if (yaml_parser_parse(&parser_, &event.raw) == 0) return std::unexpected(failure());
  return true;
}

Read<Node> YamlReader::document() {
  Node root;
  bool seen = false;
  while (true) {
    Event event;
    if (auto got = next(event); !got) return std::unexpected(std::move(got).error());
    switch (event.raw.type) {
      case YAML_STREAM_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
        break;
      case YAML_DOCUMENT_START_EVENT:
        if (seen)
          return fault(event.mark(), "a second document follows", "keep one document a file");
        seen = true;
        break;
      case YAML_STREAM_END_EVENT:
        return root;
      default: {
        auto read = node(event, 0);
        if (!read) return read;
        root = *std::move(read);
      }
    }
  }
}

Read<Node> YamlReader::node(const Event& event, std::size_t depth) {
  const bool nests =
      event.raw.type == YAML_SEQUENCE_START_EVENT || event.raw.type == YAML_MAPPING_START_EVENT;
  if (nests && depth >= kMostDepth) {
    return fault(event.mark(), fmt::format("nested deeper than {}", kMostDepth));
  }
  switch (event.raw.type) {
    case YAML_SCALAR_EVENT:
      return scalar(event);
    case YAML_SEQUENCE_START_EVENT:
      return sequence(event, depth + 1);
    case YAML_MAPPING_START_EVENT:
      return mapping(event, depth + 1);
    case YAML_ALIAS_EVENT:
      return copy(event, depth);
    default:
      return fault(event.mark(), "expected a value");
  }
}

/// A tag must say what the value is anyway, or that it is text.
Read<bool> check_tag(std::string_view tag, Node& node) {
  constexpr std::string_view kNonSpecific = "!";
  if (tag.empty()) return true;
  const bool scalar = node.kind != Kind::kSequence && node.kind != Kind::kMapping;
  const auto name = tag.starts_with(kTagPrefix) ? tag.substr(kTagPrefix.size()) : tag;
  if (scalar && (name == "str" || tag == kNonSpecific)) {
    node.kind = Kind::kString;
    return true;
  }
  const bool agrees = (name == "int" && node.kind == Kind::kNumber) ||
                      (name == "float" && node.kind == Kind::kNumber) ||
                      (name == "bool" && node.kind == Kind::kBool) ||
                      (name == "null" && node.kind == Kind::kNull) ||
                      (name == "seq" && node.kind == Kind::kSequence) ||
                      (name == "map" && node.kind == Kind::kMapping) ||
                      (!scalar && tag == kNonSpecific);
  if (agrees) return true;
  return fault(node.mark, fmt::format("the tag '{}' does not fit here", tag), "leave the tag out");
}

Read<Node> YamlReader::scalar(const Event& event) {
  const auto& raw = event.raw.data.scalar;
  std::string text(reinterpret_cast<const char*>(raw.value), raw.length);
  Node node(Kind::kNull, event.mark(), std::move(text));
  const bool plain = raw.style == YAML_PLAIN_SCALAR_STYLE;
  node.quoted = !plain;
  node.kind = plain ? plain_kind(node.text) : Kind::kString;
  if (auto tag = check_tag(view(raw.tag), node); !tag)
    return std::unexpected(std::move(tag).error());
  if (auto kept = anchor(view(raw.anchor), node); !kept)
    return std::unexpected(std::move(kept).error());
  return node;
}

Read<Node> YamlReader::sequence(const Event& event, std::size_t depth) {
  Node out(Kind::kSequence, event.mark());
  if (auto tag = check_tag(view(event.raw.data.sequence_start.tag), out); !tag) {
    return std::unexpected(std::move(tag).error());
  }
  while (true) {
    Event inner;
    if (auto got = next(inner); !got) return std::unexpected(std::move(got).error());
    if (inner.raw.type == YAML_SEQUENCE_END_EVENT) break;
    auto item = node(inner, depth);
    if (!item) return item;
    out.items.push_back(*std::move(item));
  }
  if (auto kept = anchor(view(event.raw.data.sequence_start.anchor), out); !kept) {
    return std::unexpected(std::move(kept).error());
  }
  return out;
}

Read<std::string> YamlReader::key(const Event& event) {
  if (event.raw.type == YAML_ALIAS_EVENT) return fault(event.mark(), "an alias cannot be a key");
  if (event.raw.type != YAML_SCALAR_EVENT) {
    return fault(event.mark(), "a key must be text",
                 "a value that starts with { or [ needs quotation marks where it is text");
  }
  auto read = scalar(event);
  if (!read) return std::unexpected(std::move(read).error());
  if (read->kind == Kind::kNull && read->text.empty())
    return fault(event.mark(), "a key is missing");
  if (!read->quoted && read->text == "<<") {
    return fault(event.mark(), "merge keys (<<) are not part of YAML 1.2",
                 "write the keys out, or use an alias for the whole value");
  }
  return std::move(read->text);
}

Read<Node> YamlReader::mapping(const Event& event, std::size_t depth) {
  Node out(Kind::kMapping, event.mark());
  if (auto tag = check_tag(view(event.raw.data.mapping_start.tag), out); !tag) {
    return std::unexpected(std::move(tag).error());
  }
  std::map<std::string, Mark> seen;
  while (true) {
    Event first;
    if (auto got = next(first); !got) return std::unexpected(std::move(got).error());
    if (first.raw.type == YAML_MAPPING_END_EVENT) break;
    auto name = key(first);
    if (!name) return std::unexpected(std::move(name).error());
    if (const auto [known, fresh] = seen.try_emplace(*name, first.mark()); !fresh) {
      return fault(first.mark(),
                   fmt::format("duplicate key '{}', first at {}:{}", *name, known->second.line,
                               known->second.column),
                   "keep one of them");
    }
    Event second;
    if (auto got = next(second); !got) return std::unexpected(std::move(got).error());
    auto value = node(second, depth);
    if (!value) return value;
    out.entries.push_back({*std::move(name), first.mark(), *std::move(value)});
  }
  if (auto kept = anchor(view(event.raw.data.mapping_start.anchor), out); !kept) {
    return std::unexpected(std::move(kept).error());
  }
  return out;
}

YamlReader::Done YamlReader::spend(std::size_t bytes, Mark mark) {
  copied_ += bytes;
  if (copied_ <= kMostCopied) return true;
  return fault(mark, "aliases make this document too large", "write fewer aliases of aliases");
}

YamlReader::Done YamlReader::anchor(std::string_view name, const Node& node) {
  if (name.empty()) return true;
  if (auto paid = spend(weigh(node).bytes, node.mark); !paid) return paid;
  anchors_.insert_or_assign(std::string(name), node);
  return true;
}

Read<Node> YamlReader::copy(const Event& event, std::size_t depth) {
  const auto name = view(event.raw.data.alias.anchor);
  const auto found = anchors_.find(name);
  // An alias inside of what it names ends here too: an anchor is known once its value is complete.
  if (found == anchors_.end())
    return fault(event.mark(), fmt::format("no anchor '{}' stands before this alias", name));
  const auto weight = weigh(found->second);
  if (depth + weight.height > kMostDepth) {
    return fault(event.mark(), fmt::format("nested deeper than {}", kMostDepth));
  }
  if (auto paid = spend(weight.bytes, event.mark()); !paid)
    return std::unexpected(std::move(paid).error());
  return found->second;
}

}  // namespace

Read<Node> read_yaml(std::string_view text) { return YamlReader(text).document(); }

}  // namespace gantry::document
