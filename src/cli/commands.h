// One function a command, each in the file of its name. Each gives the exit status.
#pragma once

#include "cli/console.h"
#include "cli/options.h"

namespace gantry::cli {

[[nodiscard]] int down(const DownOptions& options, Console& console);
[[nodiscard]] int status(const StatusOptions& options, Console& console);
[[nodiscard]] int server_ls(const ServerListOptions& options, Console& console);
[[nodiscard]] int server_show(const ServerShowOptions& options, Console& console);
[[nodiscard]] int server_restart(const ServerRestartOptions& options, Console& console);
[[nodiscard]] int server_logs(const ServerLogsOptions& options, Console& console);
[[nodiscard]] int tool_ls(const ToolListOptions& options, Console& console);
[[nodiscard]] int tool_show(const ToolShowOptions& options, Console& console);
[[nodiscard]] int tool_call(const ToolCallOptions& options, Console& console);
[[nodiscard]] int config_validate(const ConfigValidateOptions& options, Console& console);
[[nodiscard]] int config_show(const ConfigShowOptions& options, Console& console);
[[nodiscard]] int doctor(const DoctorOptions& options, Console& console);
[[nodiscard]] int health(const HealthOptions& options, Console& console);
[[nodiscard]] int version(const VersionOptions& options, Console& console);
[[nodiscard]] int completion(const CompletionOptions& options, Console& console);

}  // namespace gantry::cli
