// What a server may write on its stdout, and what else is cut out of untrusted text: lines, the
// elements of lists, event ids, URI templates. All must end, stay in bounds and agree with
// themselves.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "gateway/event_log.h"
#include "gateway/view.h"
#include "mcp/items.h"
#include "transport/stdio_connector.h"

namespace {

using namespace gantry;

constexpr std::size_t kMost = 1000;

/// Keeps all that it is told: the same bytes must tell the same, however they come.
struct Keeper final : transport::Receiver {
  void on_message(const transport::Message& message, transport::RequestId) override {
    GANTRY_ASSERT(message.bytes.find('\n') == std::string_view::npos);
    GANTRY_ASSERT(message.at.whole.end <= message.bytes.size());
    told.append("message ").append(message.bytes).append("\n");
  }
  void on_garbage(std::string_view text, std::string_view why) override {
    GANTRY_ASSERT(!why.empty());
    told.append("garbage ").append(text).append("\n");
  }
  void on_log_line(std::string_view line) override {
    told.append("log ").append(line).append("\n");
  }
  void on_closed(base::Error) override {}
  void on_request_failed(transport::RequestId, base::Error, net::Sent) override {}
  void on_session_lost(transport::RequestId, std::string) override {}
  void on_paused(transport::RequestId, base::Millis) override {}
  void on_primed(transport::RequestId) override {}
  std::string told;
};

std::string read_lines(async::Loop& loop, std::string_view text, std::size_t piece) {
  int out[2] = {-1, -1};
  GANTRY_ASSERT(::pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0);
  base::Fd write_end(out[1]);
  Keeper keeper;
  transport::StdioConnector connector(
      loop, base::Fd(), base::Fd(out[0]), base::Fd(), keeper,
      {.message = kMost, .depth = 32, .outbox = 1000, .log_line = 100});
  while (!text.empty()) {
    const auto now = text.substr(0, piece);
    GANTRY_ASSERT(::write(write_end.number(), now.data(), now.size()) == std::ssize(now));
    connector.drain();
    text.remove_prefix(now.size());
  }
  return keeper.told;
}

void check_lines(std::string_view text) {
  static const auto loop = async::Loop::create(0).value();
  const auto whole = read_lines(*loop, text, 4096);
  GANTRY_ASSERT(read_lines(*loop, text, 7) == whole);
}

void check_items(std::string_view text) {
  for (const auto& item : mcp::list_items(text, "tools", "name")) {
    GANTRY_ASSERT(item.raw.starts_with('{') && item.raw.ends_with('}'));
    GANTRY_ASSERT(item.key_span.end < item.raw.size());
    GANTRY_ASSERT(mcp::decode_string(item.key_span.in(item.raw)) == item.key);
  }
  const auto found = mcp::member(text, "tools");
  GANTRY_ASSERT(found.size() < text.size() || text.empty());
}

void check_ids(std::string_view text) {
  const auto id = gateway::EventId::parse(text);
  if (!id) return;
  const auto again = gateway::EventId::parse(id->text());
  GANTRY_ASSERT(again && again->stream == id->stream && again->sequence == id->sequence);
}

void check_patterns(std::string_view text) {
  const auto half = text.find('\n');
  const auto pattern = text.substr(0, half);
  const auto uri = half == std::string_view::npos ? text : text.substr(half + 1);
  static_cast<void>(gateway::matches_template(uri, pattern));
  if (pattern.find('{') == std::string_view::npos)
    GANTRY_ASSERT(gateway::matches_template(uri, pattern) == (uri == pattern));
  const config::ToolRules rules{.allow = {std::string(pattern)}, .deny = {}, .rename = {}};
  const bool hit = gateway::allowed(rules, uri);
  if (pattern.find('*') == std::string_view::npos) GANTRY_ASSERT(hit == (uri == pattern));
  const auto name = gateway::merged_name(pattern, uri, 48);
  GANTRY_ASSERT(name.size() <= 48);
  for (const char c : name)
    GANTRY_ASSERT(c == '_' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_lines(text);
  check_items(text);
  check_ids(text);
  check_patterns(text);
  return 0;
}
