// Going on in the background: the caller returns, a child of it carries on without a terminal.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace gantry::process {

/// The parent's end: what the background process says of its start.
struct Background {
  bool is_child = false;
  base::Fd report;  ///< child: write "ready\n" or an error text, then close it; parent: read until
                    ///< its end
};

/// Forks; the calling process must still be single-threaded. The child has a session of its own, no
/// terminal, stdin and stdout on /dev/null, and `log` (appended, mode 0600) as its stderr.
[[nodiscard]] base::Result<Background> detach(const std::filesystem::path& log);
/// Runs a program of ours to its end, its output thrown away; blocks, from any thread. Whether it
/// ended well.
[[nodiscard]] bool run_to_end(const std::filesystem::path& program,
                              const std::vector<std::string>& arguments);
/// Reads what the child reports until it closes its end; blocks.
[[nodiscard]] std::string await_report(const base::Fd& report);

}  // namespace gantry::process
