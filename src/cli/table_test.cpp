#include "cli/table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace gantry::cli {
namespace {

struct Fixture {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Console console(Paint paint, Kind kind = Kind::kPipe) {
    return {
        {.to = &out, .kind = kind, .paint = paint}, {.to = &err, .kind = kind, .paint = paint}, in};
  }
};

TEST(Table, AlignsByWidthAndLeavesNoSpacesAtTheEnd) {
  Fixture fixture;
  const auto console = fixture.console(Paint::kPlain);
  EXPECT_EQ(table({{"NAME", "STATE", "CAUSE"},
                   {"a", "ready", ""},
                   {"größe", "x", "why"},
                   {"日本", "y", "z"}},
                  console),
            "NAME   STATE  CAUSE\n"
            "a      ready\n"
            "größe  x      why\n"
            "日本   y      z\n");
  EXPECT_EQ(table({{"", "b"}, {"aa", "c"}}, console), "    b\naa  c\n");
}

TEST(Table, ColoursDoNotShiftColumns) {
  Fixture fixture;
  EXPECT_EQ(table({{{"a", Colour::kRed}, "b"}, {"aaa", "c"}}, fixture.console(Paint::kColours)),
            "\x1b[31ma\x1b[0m    b\naaa  c\n");
}

TEST(Console, FailSaysWhatAndTheHintAndGivesTheStatus) {
  Fixture fixture;
  auto console = fixture.console(Paint::kPlain);
  EXPECT_EQ(console.fail({.code = base::Code::kUnavailable,
                          .message = "no gateway runs here",
                          .hint = "start one: gantry up",
                          .context = {}}),
            4);
  EXPECT_EQ(fixture.err.str(), "error: no gateway runs here\nhint: start one: gantry up\n");
  EXPECT_EQ(fixture.out.str(), "");
}

TEST(Console, ProgressIsForTerminalsAndIsClearedBeforeOtherText) {
  Fixture pipe;
  auto quiet = pipe.console(Paint::kPlain);
  quiet.progress("1 of 3");
  EXPECT_EQ(pipe.err.str(), "");
  Fixture terminal;
  auto shown = terminal.console(Paint::kPlain, Kind::kTerminal);
  shown.progress("1 of 3");
  shown.note("done");
  shown.note("more");
  EXPECT_EQ(terminal.err.str(), "\r\x1b[K1 of 3\r\x1b[Kdone\nmore\n");
}

TEST(Console, ColoursByVariableThenTerminal) {
  ::unsetenv("NO_COLOR");
  ::unsetenv("CLICOLOR_FORCE");
  ::setenv("TERM", "xterm", 1);
  EXPECT_EQ(wants_colours(Kind::kTerminal), Paint::kColours);
  EXPECT_EQ(wants_colours(Kind::kPipe), Paint::kPlain);
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(wants_colours(Kind::kTerminal), Paint::kPlain);
  ::setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_EQ(wants_colours(Kind::kPipe), Paint::kColours);
  ::setenv("CLICOLOR_FORCE", "0", 1);
  EXPECT_EQ(wants_colours(Kind::kPipe), Paint::kPlain);
  ::setenv("CLICOLOR_FORCE", "1", 1);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(wants_colours(Kind::kTerminal), Paint::kPlain);
  ::unsetenv("NO_COLOR");
  ::unsetenv("CLICOLOR_FORCE");
}

TEST(Console, AServersTextCannotDriveTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\tc\nd\x7f\xC2\x9B"), "a?[31mb\tc\nd??");
  EXPECT_EQ(one_line("first\nsecond", 40), "first…");
  EXPECT_EQ(one_line("first\n", 40), "first");
  EXPECT_EQ(one_line("größer", 6), "größer");
  EXPECT_EQ(one_line("größer", 5), "größ…");
}

}  // namespace
}  // namespace gantry::cli
