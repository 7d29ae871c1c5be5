#include "process/tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "process/test_support.h"

namespace gantry::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string stat_line(pid_t pid, pid_t parent, std::string_view name = "x") {
  return fmt::format("{} ({}) S {} 7 8 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 9 9\n", pid,
                     name, parent);
}

TEST(ParseStat, ReadsTheFieldsWhateverTheName) {
  for (const std::string_view name : {"x", "", "a b", ") S 1 1 1", "((", "tmux: server"}) {
    const auto stat = parse_stat(stat_line(42, 3, name));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->pid, 42);
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 3);
    EXPECT_EQ(stat->group, 7);
    EXPECT_EQ(stat->session, 8);
    EXPECT_EQ(stat->started, 123456U);
  }
}

TEST(ParseStat, RefusesWhatIsCutOff) {
  const auto whole = stat_line(42, 3);
  const auto enough = whole.find("123456");
  for (std::size_t length = 0; length < enough; ++length) {
    EXPECT_FALSE(parse_stat(whole.substr(0, length))) << whole.substr(0, length);
  }
}

TEST(ReadStat, KnowsThisProcess) {
  const auto stat = read_stat(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, ::getppid());
  EXPECT_EQ(stat->group, ::getpgrp());
  EXPECT_EQ(stat->session, ::getsid(0));
  EXPECT_FALSE(read_stat(0x7fffffff));
}

/// Stands for /proc: 1 → 10 → 20 → 30, 10 → 21 (by its second thread 11), 1 → 12.
class FakeProc {
 public:
  explicit FakeProc(bool with_children_files) : files_(with_children_files) {
    add(1, 0, {{1, "10 12 "}});
    add(10, 1, {{10, "20 "}, {11, "21 "}});
    add(12, 1, {{12, ""}});
    add(20, 10, {{20, "30 "}});
    add(21, 10, {{21, ""}});
    add(30, 20, {{30, ""}});
    std::ofstream(folder_.path() / "uptime") << "1 1\n";
  }
  [[nodiscard]] std::string path() const { return folder_.path(); }

 private:
  void add(pid_t pid, pid_t parent, const std::vector<std::pair<pid_t, std::string>>& threads) {
    const auto process = folder_.path() / std::to_string(pid);
    for (const auto& [thread, children] : threads) {
      const auto task = process / "task" / std::to_string(thread);
      std::filesystem::create_directories(task);
      if (files_) std::ofstream(task / "children") << children;
    }
    // With the files there, they are what is read.
    std::ofstream(process / "stat") << stat_line(pid, files_ ? 0 : parent);
  }

  TemporaryFolder folder_;
  bool files_;
};

TEST(Descendants, AreFoundBothWays) {
  for (const bool files : {true, false}) {
    const FakeProc proc(files);
    EXPECT_THAT(descendants(1, {}, proc.path()), UnorderedElementsAre(10, 12, 20, 21, 30)) << files;
    EXPECT_THAT(descendants(10, {}, proc.path()), UnorderedElementsAre(20, 21, 30)) << files;
    EXPECT_THAT(descendants(20, {}, proc.path()), ElementsAre(30)) << files;
    EXPECT_THAT(descendants(30, {}, proc.path()), IsEmpty()) << files;
    EXPECT_THAT(descendants(99, {}, proc.path()), IsEmpty()) << files;
  }
}

TEST(Descendants, PassOverTheSpared) {
  for (const bool files : {true, false}) {
    const FakeProc proc(files);
    EXPECT_THAT(descendants(1, {20}, proc.path()), UnorderedElementsAre(10, 12, 21)) << files;
    EXPECT_THAT(descendants(1, {10}, proc.path()), ElementsAre(12)) << files;
  }
}

TEST(Descendants, OfThisProcess) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const base::Fd hold(ends[1]);
  const base::Fd wait(ends[0]);
  const auto child = ::fork();
  if (child == 0) {
    ::close(hold.number());
    char byte = 0;
    (void)!::read(wait.number(), &byte, 1);
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  EXPECT_THAT(descendants(::getpid()), ElementsAre(child));
  kill_all({child});
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "one of this process's own group is killed by its id alone";
  EXPECT_THAT(descendants(::getpid()), IsEmpty());
}

}  // namespace
}  // namespace gantry::process
