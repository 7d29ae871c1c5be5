// Where a command writes: data on `out`, messages on `err`, colours and progress only where they
// are wanted.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gantry::cli {

enum class Colour : std::uint8_t { kNone, kBold, kDim, kRed, kGreen, kYellow };
enum class Kind : std::uint8_t { kPipe, kTerminal };
enum class Paint : std::uint8_t { kPlain, kColours };

/// NO_COLOR wins, then CLICOLOR_FORCE, then: colours on a terminal that is not "dumb".
[[nodiscard]] Paint wants_colours(Kind kind);

struct Stream {
  std::ostream* to;
  Kind kind = Kind::kPipe;
  Paint paint = Paint::kPlain;
};

class Console {
 public:
  /// The streams must outlive the console.
  Console(Stream out, Stream err, std::istream& in) : out_(out), err_(err), in_(&in) {}
  /// Standard input, output and error.
  [[nodiscard]] static Console of_process();

  [[nodiscard]] std::ostream& out() { return *out_.to; }
  [[nodiscard]] std::ostream& err() { return *err_.to; }
  [[nodiscard]] std::istream& in() { return *in_; }
  /// `text` in `colour` where data is painted.
  [[nodiscard]] std::string painted(Colour colour, std::string_view text) const;
  /// "error: … / hint: …" on stderr; gives the exit status of the error's code.
  [[nodiscard]] int fail(const base::Error& error);
  /// One line on stderr.
  void note(std::string_view text);
  /// A line on stderr that the next replaces; nothing where stderr is no terminal. Empty: clears
  /// it.
  void progress(std::string_view text);

 private:
  Stream out_;
  Stream err_;
  std::istream* in_;
  bool progress_shown_ = false;
};

/// `text` without control characters (a server's text must not drive the terminal); newlines and
/// tabs stay, the rest becomes '?'.
[[nodiscard]] std::string printable(std::string_view text);
/// The first line of it, without control characters, at most `columns` characters, with "…" where
/// it was cut.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t columns);

}  // namespace gantry::cli
