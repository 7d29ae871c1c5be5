// An MCP client for the tool commands: the legacy era (2025-11-25) over Streamable HTTP, one
// request at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/admin_client.h"
#include "cli/json.h"

namespace gantry::cli {

struct Progress {
  double done = 0;
  std::optional<double> total;
  std::string message;
};

/// A session with the gateway, opened by with_session. It declares no capabilities: what a server
/// asks of it is refused.
class McpSession {
 public:
  using OnProgress = std::function<void(const Progress&)>;

  McpSession(Endpoint endpoint, std::string path, Patience patience)
      : endpoint_(std::move(endpoint)), path_(std::move(path)), patience_(patience) {}

  /// initialize and notifications/initialized.
  [[nodiscard]] base::Result<> open();
  /// Every page of tools/list, one array. At most 1000 pages (kLimit).
  [[nodiscard]] base::Result<Json> tools();
  /// The result of tools/call, `isError` or not.
  [[nodiscard]] base::Result<Json> call(const std::string& tool, const Json& arguments,
                                        const OnProgress& on_progress);
  /// Ends the session. A gateway that is gone has ended it already.
  void close();

 private:
  [[nodiscard]] base::Result<Json> request(const std::string& method, const Json& params,
                                           const OnProgress& on_progress);
  [[nodiscard]] base::Result<Exchange> send(std::string_view method, std::string body);
  [[nodiscard]] base::Result<Json> read_events(Exchange& exchange, long long id,
                                               const OnProgress& on_progress);
  [[nodiscard]] base::Result<> refuse(const Json& asked);

  Endpoint endpoint_;
  std::string path_;
  Patience patience_;
  std::string session_;
  std::string version_;
  long long last_id_ = 0;
};

/// "/mcp", or "/servers/NAME/mcp" where `server` is not empty.
[[nodiscard]] std::string mcp_path(const std::string& server);
/// Opens a session with the gateway of this machine, uses it, ends it.
[[nodiscard]] base::Result<> with_session(const std::string& server, Patience patience,
                                          const std::function<base::Result<>(McpSession&)>& use);
/// The tool of that name in the array. Error: kNotFound with the nearest name.
[[nodiscard]] base::Result<Json> find_tool(const Json& tools, const std::string& name);

}  // namespace gantry::cli
