// What gantry.yaml says, after defaults, environment and flags: plain values, checked, immutable
// once loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"

namespace gantry::config {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): durations as
                                       // gantry.yaml writes them
using base::Millis;

/// "127.0.0.1:3010", "[::1]:3010", "0.0.0.0:3010", "localhost:3010" or
/// "unix:/run/gantry/gantry.sock". Port 0: any free one.
struct Listen {
  std::string host;  ///< an address or name; empty for a Unix socket
  std::uint16_t port = 0;
  std::filesystem::path socket;
  [[nodiscard]] bool is_unix() const { return !socket.empty(); }
  [[nodiscard]] bool is_loopback() const;  ///< Unix sockets, 127.0.0.0/8, ::1, localhost
  [[nodiscard]] std::string text() const;  ///< as it is written
};

/// A bearer token that a client may present, and the name under which it is known in logs.
struct Token {
  std::string name;
  base::Secret secret;
};

/// Every limit is set, named `limits.KEY`, and refuses by that name.
struct Limits {
  std::size_t body = 4U << 20U;     ///< bytes of one request body or message
  std::size_t header = 32U << 10U;  ///< bytes of one request's head
  std::size_t answer = 64U << 20U;  ///< bytes of one message of a server
  std::size_t depth = 128;          ///< nested arrays and objects of one message
  std::size_t sessions = 100'000;
  std::size_t in_flight = 10'000;    ///< calls at once, over all sessions
  std::size_t connections = 15'000;  ///< client connections at once
  std::size_t instances = 64;        ///< server instances at once
  std::size_t instances_a_server = 32;
  std::size_t events = 256;  ///< events kept for each session's resumption
  std::size_t event_bytes = 1U << 20U;
};

enum class LogFormat : std::uint8_t { kAuto, kText, kJson };  ///< auto: text on a terminal
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct Gateway {
  std::vector<Listen> listen = {{.host = "127.0.0.1", .port = 3010, .socket = {}}};
  std::vector<std::string>
      allowed_hosts;  ///< "host" or "host:port", beside the listener's own names
  std::vector<std::string> allowed_origins;  ///< "https://app.example", beside the listener's own
  std::vector<Token> tokens;                 ///< none: no authentication (loopback only)
  Limits limits;
  unsigned loops = 0;           ///< 0: one a core
  Millis session_idle = 30min;  ///< a session without stream or call for so long ends
  Millis keep_alive = 75s;      ///< an idle client connection is closed after
  Millis stream_ping = 15s;     ///< a comment on an idle stream, so that proxies keep it
  std::size_t names_max = 48;   ///< the longest SERVER__NAME
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kAuto;
};

struct Command {
  std::string
      program;  ///< with a slash: a path, made absolute; else looked up in the server's PATH
  std::vector<std::string> args;
  std::map<std::string, std::string> env;  ///< beside the short list that every server gets
  std::filesystem::path cwd;               ///< absolute
};

struct Remote {
  std::string url;  ///< http or https
  std::vector<std::pair<std::string, base::Secret>> headers;
};

enum class Share : std::uint8_t { kAuto, kShared, kSession };
enum class Start : std::uint8_t { kLazy, kEager };

struct Timeouts {
  Millis start = 30s;  ///< until it answered initialize and its lists
  Millis call = 60s;   ///< of one call, anew with each progress, stopped while a client is asked
  Millis call_max = 30min;  ///< of one call, whatever happens
  Millis idle = 5min;       ///< an upstream connection without use is closed after
};

struct Restart {
  Millis first = 100ms;  ///< doubled each time, with jitter
  Millis most = 60s;
  Millis healthy_after = 10s;  ///< up for so long: the next failure starts at `first` again
};

struct ToolRules {
  std::vector<std::string> allow;  ///< the server's own tool names, `*` matches any run; empty: all
  std::vector<std::string> deny;
  std::map<std::string, std::string>
      rename;  ///< the server's own name → the name that clients see on /mcp
};

struct Root {
  std::string uri;  ///< file://…
  std::string name;
};

struct Roots {
  bool from_client = false;  ///< `roots: client`; implies share: session
  std::vector<Root>
      fixed;  ///< answered from the file; empty: the server is told that there are no roots
};

struct Server {
  std::string name;  ///< [A-Za-z0-9_-]+ without "__"
  std::variant<Command, Remote> kind;
  Share share = Share::kAuto;
  Start start = Start::kLazy;
  Millis idle_stop = 10min;  ///< 0: never
  Timeouts timeouts;
  Restart restart;
  ToolRules tools;
  Roots roots;
  std::map<std::string, std::string> labels;
  std::string where;  ///< "gantry.yaml:7:3"
  std::optional<base::Error>
      broken;  ///< a value that could not be resolved: this server alone fails, with it
  std::string
      fingerprint;  ///< hash of what decides its lists (kind, command, args, env names, url)
};

struct Profile {
  std::string name;
  std::vector<std::string> servers;
};

struct Config {
  Gateway gateway;
  std::vector<Server> servers;  ///< in the file's order
  std::vector<Profile> profiles;
};

}  // namespace gantry::config
