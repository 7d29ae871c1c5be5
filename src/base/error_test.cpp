#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>

namespace gantry::base {
namespace {

TEST(Error, TellsTheOutermostContextFirst) {
  auto error = Error{.code = Code::kIo, .message = "no room", .hint = "make some", .context = {}};
  EXPECT_EQ(error.text(), "no room");
  error = std::move(error).within("while writing").within("server 'files'");
  EXPECT_EQ(error.text(), "server 'files': while writing: no room");
}

TEST(Error, EveryCodeHasARowOfItsOwn) {
  std::set<std::string_view> names;
  for (int at = 0; at <= static_cast<int>(Code::kInternal); ++at) {
    const auto& found = row(static_cast<Code>(at));
    EXPECT_EQ(static_cast<int>(found.code), at);
    EXPECT_TRUE(names.insert(found.name).second) << found.name;
    EXPECT_GE(found.http_status, 400);
    EXPECT_LE(found.http_status, 599);
    EXPECT_LT(found.json_rpc_code, 0);
    EXPECT_GE(found.exit_status, 1);
    EXPECT_LE(found.exit_status, 5);
  }
}

TEST(Error, FailCarriesAllThree) {
  const Result<int> failed = fail(Code::kNotFound, "no server 'x'", "gantry list");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kNotFound);
  EXPECT_EQ(failed.error().message, "no server 'x'");
  EXPECT_EQ(failed.error().hint, "gantry list");
}

TEST(Error, ErrnoBecomesACode) {
  const std::vector<std::tuple<int, Code, std::string_view>> cases = {
      {ECONNREFUSED, Code::kUnavailable, "x: Connection refused"},
      {ECONNRESET, Code::kUnavailable, "x: Connection reset by peer"},
      {EPIPE, Code::kUnavailable, "x: Broken pipe"},
      {EHOSTUNREACH, Code::kUnavailable, "x: No route to host"},
      {ENETUNREACH, Code::kUnavailable, "x: Network is unreachable"},
      {EADDRINUSE, Code::kConflict, "x: Address already in use"},
      {ENOENT, Code::kNotFound, "x: No such file or directory"},
      {EACCES, Code::kForbidden, "x: Permission denied"},
      {EPERM, Code::kForbidden, "x: Operation not permitted"},
      {ETIMEDOUT, Code::kTimeout, "x: Connection timed out"},
      {ENOSPC, Code::kIo, "x: No space left on device"},
  };
  for (const auto& [number, code, message] : cases) {
    const auto failed = fail_errno(number, "x");
    EXPECT_EQ(failed.error().code, code) << message;
    EXPECT_EQ(failed.error().message, message);
  }
}

Result<std::unique_ptr<int>> make(bool well) {
  if (!well) return fail(Code::kLimit, "too many");
  return std::make_unique<int>(7);
}

Result<int> use(bool well, bool& went_on) {
  const auto made = GANTRY_TRY(make(well));
  went_on = true;
  return *made + 1;
}

TEST(Error, TryGivesTheValueOrReturnsTheError) {
  bool went_on = false;
  const auto failed = use(false, went_on);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kLimit);
  EXPECT_FALSE(went_on);
  EXPECT_EQ(use(true, went_on).value_or(0), 8);
  EXPECT_TRUE(went_on);
}

}  // namespace
}  // namespace gantry::base
