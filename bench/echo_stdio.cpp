// An MCP server over stdio with one tool, `echo`: the lines of one read are answered by one write.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "echo.h"

namespace {

using gantry::bench::Outcome;

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Answers each whole line of `in` and gives how much of it was used.
std::size_t answer_lines(std::string_view in, std::string& out) {
  std::size_t used = 0;
  for (std::size_t end = in.find('\n'); end != std::string_view::npos; end = in.find('\n', used)) {
    const Outcome outcome = gantry::bench::echo(in.substr(used, end - used), out);
    if (outcome == Outcome::kAnswered || outcome == Outcome::kInitialize) out += '\n';
    used = end + 1;
  }
  return used;
}

}  // namespace

int main() {
  std::array<char, 65536> chunk{};
  std::string in;
  std::string out;
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    in.append(chunk.data(), static_cast<std::size_t>(count));
    in.erase(0, answer_lines(in, out));
    if (!write_all(out)) return EXIT_FAILURE;
    out.clear();
  }
}
