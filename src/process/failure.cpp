#include "process/failure.h"

#include <fmt/format.h>

#include <cerrno>

namespace gantry::process {
namespace {

using base::Code;
using base::fail;

std::unexpected<base::Error> folder_failure(const std::string& cwd, int number) {
  switch (number) {
    case ENOENT:
      return fail(Code::kNotFound, fmt::format("working folder '{}' does not exist", cwd));
    case ENOTDIR:
      return fail(Code::kInvalid, fmt::format("working folder '{}' is not a folder", cwd));
    default:
      return base::fail_errno(number, fmt::format("cannot enter working folder '{}'", cwd));
  }
}

std::unexpected<base::Error> missing(const std::string& command) {
  if (command.contains('/')) {
    return fail(Code::kNotFound, fmt::format("command '{}' does not exist", command));
  }
  return fail(Code::kNotFound, fmt::format("command '{}' not found in PATH", command),
              "install it, or give its absolute path");
}

std::unexpected<base::Error> exec_failure(const std::string& command, int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return missing(command);
    case EACCES:
      return fail(Code::kForbidden, fmt::format("command '{}': not executable", command),
                  "make it executable (chmod +x), or name the interpreter that runs it");
    case ENOEXEC:
      return fail(
          Code::kForbidden,
          fmt::format("command '{}': not executable: no program of this machine and no #! line",
                      command),
          "name the interpreter that runs it");
    case E2BIG:
      return fail(Code::kInvalid,
                  fmt::format("command '{}': its arguments and environment are too long", command));
    default:
      return base::fail_errno(number, fmt::format("cannot execute command '{}'", command));
  }
}

std::unexpected<base::Error> failure(const Attempt& attempt, const Report& report) {
  switch (report.stage) {
    case Stage::kFolder:
      return folder_failure(attempt.cwd, report.number);
    case Stage::kExec:
      return exec_failure(attempt.command, report.number);
    case Stage::kInterpreter:
      return fail(
          Code::kNotFound,
          fmt::format("command '{}': the interpreter that its first line names does not exist",
                      attempt.command));
    case Stage::kFork:
      break;
  }
  return base::fail_errno(report.number,
                          fmt::format("cannot start a process for command '{}'", attempt.command));
}

}  // namespace

base::Error describe_failure(const Attempt& attempt, const Report& report) {
  return std::move(failure(attempt, report)).error();
}

}  // namespace gantry::process
