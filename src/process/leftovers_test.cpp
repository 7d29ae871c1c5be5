#include "process/leftovers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

#include "process/test_support.h"

namespace gantry::process {
namespace {

using ::testing::IsEmpty;

/// A tree in a session of its own, as a killed run leaves it: a leader and a child of it.
class Left {
 public:
  Left() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const base::Fd read(ends[0]);
    const base::Fd write(ends[1]);
    leader_ = ::fork();
    if (leader_ == 0) live(write.number());
    char ready = 0;
    EXPECT_EQ(::read(read.number(), &ready, 1), 1);
    EXPECT_EQ(::read(read.number(), &child_, sizeof(child_)), static_cast<ssize_t>(sizeof(child_)));
  }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;
  ~Left() {
    if (leader_ <= 0) return;
    ::kill(-leader_, SIGKILL);
    ::waitpid(leader_, nullptr, 0);
  }
  [[nodiscard]] pid_t leader() const { return leader_; }
  [[nodiscard]] pid_t child() const { return child_; }
  [[nodiscard]] bool lives() const { return start_time(leader_) && start_time(child_); }

 private:
  [[noreturn]] static void live(int to) {
    ::setsid();
    const auto child = ::fork();
    if (child != 0) {
      (void)!::write(to, "r", 1);
      (void)!::write(to, &child, sizeof(child));
    }
    while (true) ::pause();
  }

  pid_t leader_ = 0;
  pid_t child_ = 0;
};

class LeftoversTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "leftovers"; }
  [[nodiscard]] std::string content() const { return base::read_file(file()).value_or(""); }
  void write(std::string_view text) const { std::ofstream(file()) << text; }

 private:
  TemporaryFolder folder_;
};

TEST(StartTime, IsOfLivingProcessesAlone) {
  const auto own = start_time(::getpid());
  ASSERT_TRUE(own);
  EXPECT_GT(*own, 0U);
  const auto child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_TRUE(await_end(child));
  EXPECT_EQ(start_time(child).error().code, base::Code::kNotFound) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(start_time(child).error().code, base::Code::kNotFound);
}

TEST_F(LeftoversTest, EndsTheTreeThatTheLastRunRecorded) {
  const Left left;
  Leftovers(file()).add(left.leader(), "files");
  Leftovers next(file());
  EXPECT_TRUE(left.lives()) << "nothing is ended yet";
  const auto ended = next.end_all();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].pid, left.leader());
  EXPECT_EQ(ended[0].name, "files");
  EXPECT_FALSE(start_time(left.leader()));
  EXPECT_TRUE(await_end(left.child()));
  EXPECT_THAT(next.end_all(), IsEmpty());
  EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty()) << "nothing is recorded any more";
}

TEST_F(LeftoversTest, SparesAReusedIdAndWhatWasRemoved) {
  const Left left;
  {
    Leftovers run(file());
    run.add(left.leader(), "files");
  }
  auto text = content();
  const auto started = std::to_string(*start_time(left.leader()));
  text.replace(text.find(" " + started + " "), started.size() + 2,
               " " + std::to_string(*start_time(left.leader()) - 1) + " ");
  write(text);
  EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty());
  {
    Leftovers run(file());
    run.add(left.leader(), "files");
    run.remove(left.leader());
  }
  EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty());
  EXPECT_TRUE(left.lives());
}

TEST_F(LeftoversTest, SparesWhatThisRunStarted) {
  const Left left;
  Leftovers run(file());
  run.add(left.leader(), "files");
  EXPECT_THAT(run.end_all(), IsEmpty());
  EXPECT_TRUE(left.lives());
  EXPECT_EQ(Leftovers(file()).end_all().size(), 1U) << "but the next run ends it";
}

TEST_F(LeftoversTest, SparesThoseOfAnotherBoot) {
  const Left left;
  Leftovers(file()).add(left.leader(), "files");
  auto text = content();
  const auto end = text.find('\n');
  text[end - 1] = text[end - 1] == '0' ? '1' : '0';
  write(text);
  EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty());
  EXPECT_TRUE(left.lives());
}

TEST_F(LeftoversTest, KeepsNamesWithSpacesAndOddCharacters) {
  const Left left;
  Leftovers(file()).add(left.leader(), "my server\n1 1 other");
  const auto ended = Leftovers(file()).end_all();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].name, "my server 1 1 other");
}

TEST_F(LeftoversTest, SurvivesADamagedFile) {
  const Left left;
  Leftovers(file()).add(left.leader(), "files");
  const auto good = content();
  const auto line = good.find('\n') + 1;
  for (std::size_t length = 0; length < good.size(); ++length) {
    write(good.substr(0, length));
    EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty()) << "cut off at " << length;
  }
  const auto first = good.substr(0, line);
  for (const std::string_view bad :
       {"", "\n\n", "x", "1 1 init\n", "0 1 x\n", "-1 1 x\n", "99999999999999999999 1 x\n", "12\n",
        "12 \n", "12 x y\n", "4294967296 1 x\n"}) {
    write(first + std::string(bad));
    EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty()) << bad;
  }
  write(std::string(100'000, '\0'));
  EXPECT_THAT(Leftovers(file()).end_all(), IsEmpty());
  EXPECT_TRUE(left.lives());
  // Bad lines hide no good one.
  write(first + "12 x y\n" + good.substr(line));
  EXPECT_EQ(Leftovers(file()).end_all().size(), 1U);
}

TEST_F(LeftoversTest, ManyThreadsAtOnce) {
  const Left left;
  Leftovers run(file());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 50; ++turn) {
          run.add(left.leader(), "files");
          run.remove(left.leader());
          run.add(left.child(), "child");
        }
      });
    }
  }
  const auto ended = Leftovers(file()).end_all();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].pid, left.child());
}

TEST_F(LeftoversTest, AFolderThatIsNotThereIsNoFailure) {
  Leftovers run(file() / "no" / "folder");
  run.add(::getpid(), "self");
  EXPECT_THAT(run.end_all(), IsEmpty());
}

}  // namespace
}  // namespace gantry::process
