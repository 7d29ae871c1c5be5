#include "config/client_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/strings.h"
#include "base/time.h"
#include "config/dotenv.h"

namespace gantry::config {
namespace {

using base::Code;
using document::Kind;
using document::Mark;
using document::Node;

struct Reading {
  ClientEntry& out;
  const Interpolator& variables;
  TimeoutUnit unit;

  void refuse(Mark mark, base::Error error) const {
    if (out.error) return;  // the first one is told
    out.error = std::move(error);
    out.error_mark = mark;
  }
  void refuse(Mark mark, std::string message, std::string hint = {}) const {
    refuse(mark, base::fail(Code::kInvalid, std::move(message), std::move(hint)).error());
  }
  void put(std::string_view ours, const document::Entry& entry, Node value) const {
    if (out.node.find(ours) != nullptr) {
      return refuse(entry.mark, fmt::format("{}: says '{}' a second time", entry.key, ours),
                    "keep one of them");
    }
    out.node.entries.push_back({std::string(ours), entry.mark, std::move(value)});
  }
};

using Reader = void (*)(std::string_view ours, const document::Entry&, const Reading&);

void same(std::string_view ours, const document::Entry& entry, const Reading& reading) {
  reading.put(ours, entry, entry.value);
}

void type(std::string_view ours, const document::Entry& entry, const Reading& reading) {
  constexpr std::array<std::string_view, 4> kHttp = {"http", "streamable-http", "streamableHttp",
                                                     "streamable_http"};
  constexpr std::array<std::string_view, 3> kLater = {"sse", "ws", "websocket"};
  const auto& word = entry.value.text;
  const bool http = std::ranges::find(kHttp, word) != kHttp.end();
  if (http || word == "stdio") {
    auto value = entry.value;
    if (http) value.text = "streamable-http";
    reading.put(ours, entry, std::move(value));
  } else if (std::ranges::find(kLater, word) != kLater.end()) {
    reading.refuse(
        entry.value.mark,
        base::fail(Code::kUnsupported, fmt::format("{}: {} is not available yet", entry.key, word),
                   "use the server's Streamable HTTP endpoint")
            .error());
  } else {
    reading.refuse(entry.value.mark, fmt::format("{}: '{}' is not known", entry.key, word),
                   "stdio or http");
  }
}

void enabled(std::string_view, const document::Entry& entry, const Reading& reading) {
  const auto on = entry.value.boolean();
  if (!on)
    return reading.refuse(entry.value.mark, fmt::format("{}: expected true or false", entry.key));
  if (*on == (entry.key == "disabled")) reading.out.disabled = true;
}

void env_file(std::string_view, const document::Entry& entry, const Reading& reading) {
  const auto read = [&]() -> base::Result<std::map<std::string, std::string>> {
    const auto path = GANTRY_TRY(reading.variables.expand(entry.value.text));
    const auto text =
        GANTRY_TRY(base::read_file(reading.variables.folder() / path, std::size_t{1} << 20U));
    return parse_dotenv(text);
  };
  if (auto more = read()) {
    reading.out.more = *std::move(more);
  } else {
    auto error = std::move(more).error();
    error.message = fmt::format("{}: {}", entry.key, error.message);
    reading.refuse(entry.value.mark, std::move(error));
  }
}

/// Kept within what `timeouts.call` takes: a client's 0 or day-long wait is no reason to refuse its
/// server.
void timeout(std::string_view, const document::Entry& entry, const Reading& reading) {
  constexpr unsigned long long kLeast = 100;
  constexpr unsigned long long kMost = 24ULL * 60 * 60 * 1000;
  const auto number = base::parse_number(entry.value.text);
  if (!number)
    return reading.refuse(entry.value.mark, fmt::format("{}: expected a whole number", entry.key));
  const auto bounded = std::min(*number, kMost);
  const auto millis =
      std::clamp(bounded * (reading.unit == TimeoutUnit::kSeconds ? 1000 : 1), kLeast, kMost);
  const auto most = std::max(millis, 30ULL * 60 * 1000);
  Node timeouts(Kind::kMapping, entry.value.mark);
  timeouts.entries.push_back(
      {"call", entry.mark, Node(Kind::kString, entry.value.mark, fmt::format("{}ms", millis))});
  timeouts.entries.push_back(
      {"call_max", entry.mark, Node(Kind::kString, entry.value.mark, fmt::format("{}ms", most))});
  reading.put("timeouts", entry, std::move(timeouts));
}

struct Key {
  std::string_view theirs;
  std::string_view ours;
  Reader read;
};
constexpr std::array kKeys = {Key{"command", "command", same}, Key{"args", "args", same},
                              Key{"env", "env", same},         Key{"cwd", "cwd", same},
                              Key{"url", "url", same},         Key{"serverUrl", "url", same},
                              Key{"httpUrl", "url", same},     Key{"headers", "headers", same},
                              Key{"type", "transport", type},  Key{"transport", "transport", type},
                              Key{"disabled", "", enabled},    Key{"enabled", "", enabled},
                              Key{"envFile", "", env_file},    Key{"timeout", "", timeout}};

}  // namespace

ClientEntry read_client_entry(const Node& node, const Interpolator& variables, TimeoutUnit unit) {
  ClientEntry out;
  out.node = Node(node.kind, node.mark);
  const Reading reading{out, variables, unit};
  for (const auto& entry : node.entries) {
    const auto* const known = std::ranges::find(kKeys, entry.key, &Key::theirs);
    if (known == kKeys.end()) {
      out.ignored.push_back(entry.key);
    } else if (entry.value.kind != Kind::kNull) {  // a client that writes null means: not given
      known->read(known->ours, entry, reading);
    }
  }
  return out;
}

}  // namespace gantry::config
