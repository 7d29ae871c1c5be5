// What each command was asked to do: plain values, filled by the parser, read by the commands.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"

namespace gantry::cli {

enum class Run : std::uint8_t { kForeground, kDetached };

struct UpOptions {
  std::string file;  ///< empty: where config::find_file() looks
  std::vector<std::pair<std::string, std::string>>
      flags;  ///< {"gateway.listen", "a,b"}: config::Sources
  Run run = Run::kForeground;
  bool quiet = false;
  bool json = false;
  base::Millis idle_exit{0};  ///< ends itself after so long without a client; 0: never
};

struct ConnectOptions {
  std::string profile;  ///< at most one of profile and server
  std::string server;
  std::string url;         ///< --url, else MCP_HUB_URL; empty: the gateway of this machine
  std::string token_file;  ///< only with a URL
  std::string file;        ///< configuration for a gateway that has to be started
  bool json = false;       ///< changes nothing: what it writes is JSON already
};

struct DownOptions {
  bool json = false;
};

struct StatusOptions {
  bool json = false;
};

struct ServerListOptions {
  bool names = false;
  bool json = false;
};

struct ServerShowOptions {
  std::string name;
  bool json = false;
};

struct ServerRestartOptions {
  std::string name;
  bool json = false;
};

struct ServerLogsOptions {
  std::string name;
  unsigned lines = 100;
  bool follow = false;
  bool json = false;
};

struct ToolListOptions {
  std::string server;  ///< empty: all, by their SERVER__NAME
  bool names = false;
  bool json = false;
};

struct ToolShowOptions {
  std::string name;
  std::string server;
  bool json = false;
};

struct ToolCallOptions {
  std::string name;
  std::string server;
  std::vector<std::string> arguments;  ///< "key=value", typed by the tool's schema
  std::string json_arguments;          ///< "{…}", "@file" or "-"
  base::Millis patience{
      std::chrono::minutes(31)};  ///< of silence; over the default timeouts.call_max
  bool json = false;
};

struct ConfigValidateOptions {
  std::string file;
  bool json = false;
};

struct ConfigShowOptions {
  std::string file;
  bool json = false;
};

struct DoctorOptions {
  std::string file;
  bool json = false;
};

enum class Probe : std::uint8_t { kReadiness, kStartup, kLiveness };

struct HealthOptions {
  std::string url;  ///< empty: the endpoint of this machine's gateway
  Probe probe = Probe::kReadiness;
  bool json = false;
};

struct VersionOptions {
  bool json = false;
};

struct CompletionOptions {
  std::string shell;  ///< "bash", "zsh" or "fish"
  bool json = false;
};

using Request =
    std::variant<UpOptions, ConnectOptions, DownOptions, StatusOptions, ServerListOptions,
                 ServerShowOptions, ServerRestartOptions, ServerLogsOptions, ToolListOptions,
                 ToolShowOptions, ToolCallOptions, ConfigValidateOptions, ConfigShowOptions,
                 DoctorOptions, HealthOptions, VersionOptions, CompletionOptions>;

}  // namespace gantry::cli
