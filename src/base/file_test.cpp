#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

namespace gantry::base {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-file-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  [[nodiscard]] long count() const {
    return std::distance(std::filesystem::directory_iterator(path_), {});
  }

 private:
  std::filesystem::path path_;
};

/// A variable of the environment, as it was again at the end.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

TEST(Fd, ClosesOnce) {
  int number = -1;
  {
    Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.number();
    ASSERT_TRUE(is_open(number));
    Fd second(std::move(first));
    EXPECT_EQ(second.number(), number);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the point
    Fd third;
    third = std::move(second);
    EXPECT_TRUE(third);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, ReleaseGivesItAway) {
  Fd owner(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = owner.release();
  EXPECT_FALSE(owner);
  owner.reset();
  EXPECT_TRUE(is_open(number));
  Fd again(number);
  again.reset();
  again.reset();
  EXPECT_FALSE(is_open(number));
}

TEST(File, WhatIsWrittenIsReadBack) {
  const Folder folder;
  const auto path = folder / "a.json";
  std::string large(200'000, 'x');
  large[100'000] = '\0';
  for (const auto& content : {std::string(), std::string("one"), large, std::string("short")}) {
    ASSERT_TRUE(write_file(path, content));
    EXPECT_EQ(read_file(path).value_or("unread"), content);
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_EQ(folder.count(), 1) << "nothing is left beside it";
  }
}

TEST(File, ReadStopsAtTheLimit) {
  const Folder folder;
  const auto path = folder / "a";
  ASSERT_TRUE(write_file(path, std::string(100, 'x')));
  EXPECT_TRUE(read_file(path, 100));
  const auto failed = read_file(path, 99);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kLimit);
  EXPECT_EQ(failed.error().message, path.string() + " is over 99 bytes");
}

TEST(File, FailuresNameTheFile) {
  const Folder folder;
  const auto absent = read_file(folder / "absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kNotFound);
  EXPECT_NE(absent.error().message.find("/absent"), std::string::npos);
  EXPECT_EQ(read_file(folder / ".").error().code, Code::kIo);

  const auto nowhere = write_file(folder / "no/folder", "x");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Code::kNotFound);
}

TEST(File, AFailedWriteLeavesNothing) {
  const Folder folder;
  std::filesystem::create_directories(folder / "taken/inside");
  EXPECT_FALSE(write_file(folder / "taken", "x"));
  EXPECT_EQ(folder.count(), 1);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "taken/inside"));
}

TEST(StateFolder, IsMadeForItsOwnerAlone) {
  const Folder folder;
  const auto wanted = folder / "deep/state";
  const Variable set("GANTRY_STATE_DIR", wanted.c_str());
  EXPECT_EQ(state_folder().value_or(""), wanted);
  EXPECT_EQ(mode_of(wanted), 0700U);
  ::chmod(wanted.c_str(), 0755);
  EXPECT_EQ(state_folder().value_or(""), wanted);
  EXPECT_EQ(mode_of(wanted), 0700U);
}

TEST(StateFolder, FollowsXdgThenHome) {
  const Folder folder;
  const Variable none("GANTRY_STATE_DIR", nullptr);
  const Variable home("HOME", (folder / "home").c_str());
  const Variable state("XDG_STATE_HOME", (folder / "state").c_str());
  const Variable config("XDG_CONFIG_HOME", (folder / "config").c_str());
  EXPECT_EQ(state_folder().value_or(""), folder / "state/gantry");
  EXPECT_EQ(config_folder(), folder / "config/gantry");
  EXPECT_FALSE(std::filesystem::exists(folder / "config"));
  // The specification: what is not absolute counts as not set.
  const Variable relative("XDG_STATE_HOME", "state");
  const Variable unset("XDG_CONFIG_HOME", nullptr);
  EXPECT_EQ(state_folder().value_or(""), folder / "home/.local/state/gantry");
  EXPECT_EQ(config_folder(), folder / "home/.config/gantry");
}

TEST(StateFolder, SaysWhatToDoWhereItCannotBeMade) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder / "file", "x"));
  const Variable set("GANTRY_STATE_DIR", (folder / "file/state").c_str());
  const auto failed = state_folder();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kIo);
  EXPECT_NE(failed.error().hint.find("GANTRY_STATE_DIR"), std::string::npos);
}

}  // namespace
}  // namespace gantry::base
