#include "app/state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/test_loop.h"

namespace gantry::app {
namespace {

using transport::TestFolder;

TEST(StateLock, is_held_by_one) {
  const TestFolder folder;
  const StatePaths paths{folder.path()};
  EXPECT_FALSE(is_locked(paths));
  auto first = take_lock(paths);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_TRUE(is_locked(paths));
  const auto second = take_lock(paths);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::kConflict);
  EXPECT_EQ(second.error().message,
            "a gateway runs already with the state folder " + folder.path().string());
  EXPECT_NE(second.error().hint.find("gantry down"), std::string::npos);
  first->reset();
  EXPECT_FALSE(is_locked(paths));
  EXPECT_TRUE(take_lock(paths));
}

TEST(StateLock, is_for_its_user_alone) {
  const TestFolder folder;
  const StatePaths paths{folder.path()};
  const auto lock = take_lock(paths);
  ASSERT_TRUE(lock);
  struct stat facts{};
  ASSERT_EQ(::stat(paths.lock().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(StateLock, says_who_holds_it) {
  const TestFolder folder;
  const StatePaths paths{folder.path()};
  const auto lock = take_lock(paths);
  ASSERT_TRUE(lock);
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"pid":12,"endpoint":"http://127.0.0.1:3010"})", " (process 12, http://127.0.0.1:3010)"},
      {R"({"pid":12})", " (process 12, no endpoint)"},
      {R"({"pid":)", ""},
      {R"([1])", ""},
      {R"({"pid":"twelve","endpoint":[]})", " (process 0, no endpoint)"},
  };
  for (const auto& [facts, told] : rows) {
    ASSERT_TRUE(base::write_file(paths.facts(), facts));
    const auto second = take_lock(paths);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().message.ends_with(folder.path().string() + std::string(told)))
        << second.error().message;
  }
}

TEST(StateLock, is_held_as_long_as_any_copy_of_its_descriptor) {
  const TestFolder folder;
  const StatePaths paths{folder.path()};
  auto lock = take_lock(paths);
  ASSERT_TRUE(lock);
  base::Fd copy(::dup(lock->number()));  // what a forked process has
  lock->reset();
  EXPECT_TRUE(is_locked(paths));
  EXPECT_FALSE(take_lock(paths));
  copy.reset();
  EXPECT_FALSE(is_locked(paths));
}

TEST(StateLock, tells_of_a_folder_that_is_not_there) {
  const TestFolder folder;
  const StatePaths paths{folder.path() / "none"};
  EXPECT_FALSE(is_locked(paths));
  const auto lock = take_lock(paths);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, base::Code::kNotFound);
}

}  // namespace
}  // namespace gantry::app
