#include "cli/console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace gantry::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
  }
  return "";
}

std::string paint_with(Paint paint, Colour colour, std::string_view text) {
  if (paint == Paint::kPlain || colour == Colour::kNone) return std::string(text);
  return std::string(code_of(colour)).append(text).append("\x1b[0m");
}

Stream stream_of(std::ostream& to, int fd) {
  const auto kind = ::isatty(fd) == 1 ? Kind::kTerminal : Kind::kPipe;
  return {.to = &to, .kind = kind, .paint = wants_colours(kind)};
}

}  // namespace

Paint wants_colours(Kind kind) {
  if (!variable("NO_COLOR").empty()) return Paint::kPlain;
  const auto force = variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return Paint::kColours;
  const bool able = kind == Kind::kTerminal && variable("TERM") != "dumb";
  return able ? Paint::kColours : Paint::kPlain;
}

Console Console::of_process() {
  return {stream_of(std::cout, STDOUT_FILENO), stream_of(std::cerr, STDERR_FILENO), std::cin};
}

std::string Console::painted(Colour colour, std::string_view text) const {
  return paint_with(out_.paint, colour, text);
}

int Console::fail(const base::Error& error) {
  progress({});
  out().flush();
  err() << paint_with(err_.paint, Colour::kRed, "error:") << ' ' << printable(error.text()) << '\n';
  if (!error.hint.empty()) {
    err() << paint_with(err_.paint, Colour::kBold, "hint:") << ' ' << printable(error.hint) << '\n';
  }
  err().flush();
  return base::row(error.code).exit_status;
}

void Console::note(std::string_view text) {
  progress({});
  err() << text << '\n';
  err().flush();
}

void Console::progress(std::string_view text) {
  if (err_.kind != Kind::kTerminal || (text.empty() && !progress_shown_)) return;
  err() << "\r\x1b[K" << text;
  err().flush();
  progress_shown_ = !text.empty();
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F: control characters too
      out.push_back('?');
      ++i;
    } else {
      const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
      out.push_back(control ? '?' : text[i]);
    }
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t columns) {
  const auto end = text.find_first_of("\r\n");
  auto line = printable(text.substr(0, end));
  std::ranges::replace(line, '\t', ' ');
  const bool more = end != std::string_view::npos &&
                    text.find_first_not_of("\r\n\t ", end) != std::string_view::npos;
  std::size_t characters = 0;
  std::size_t cut = line.size();
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0U) == 0x80U) continue;
    if (++characters == columns) cut = i;
  }
  if (characters <= columns && !more) return line;
  line.resize(cut);
  return line + "…";
}

}  // namespace gantry::cli
