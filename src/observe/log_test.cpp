#include "observe/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace gantry::observe {
namespace {

using namespace std::string_view_literals;

/// stderr is a file of a temporary folder while this lives; all settings are the defaults again at
/// its end.
class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-log-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    saved_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    const int fd = ::open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::dup2(fd, STDERR_FILENO);
    ::close(fd);
  }
  void TearDown() override {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    configure(Level::kInfo, Format::kText);
    rotate("", 0, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string path(std::string_view suffix = "") const {
    return (folder_ / "log").string().append(suffix);
  }
  [[nodiscard]] std::string content(std::string_view suffix = "") const {
    std::ostringstream out;
    out << std::ifstream(path(suffix)).rdbuf();
    return out.str();
  }
  /// All that was written since the last call.
  [[nodiscard]] std::string written() {
    auto all = content();
    const auto fresh = all.substr(std::min(seen_, all.size()));
    seen_ = all.size();
    return fresh;
  }

 private:
  std::filesystem::path folder_;
  int saved_ = -1;
  std::size_t seen_ = 0;
};

TEST_F(LogTest, JsonNamesAreThoseOfOpenTelemetry) {
  configure(Level::kDebug, Format::kJson);
  const std::vector<std::pair<Level, std::string_view>> levels = {{Level::kDebug, "DEBUG"},
                                                                  {Level::kInfo, "INFO"},
                                                                  {Level::kWarn, "WARN"},
                                                                  {Level::kError, "ERROR"}};
  for (const auto& [level, name] : levels) {
    log(level, "server.started", {{"server", "files"}, {"tools", 7}, {"up", true}, {"d", -1L}});
    const auto line = written();
    EXPECT_TRUE(line.starts_with("{\"timestamp\":\"20")) << line;
    const auto after = line.find("Z\",");
    ASSERT_EQ(after, 37U) << line;
    EXPECT_EQ(line.substr(after + 3),
              "\"severity_text\":\"" + std::string(name) +
                  "\",\"event_name\":\"server.started\",\"server\":\"files\",\"tools\":7,"
                  "\"up\":true,\"d\":-1}\n");
  }
}

TEST_F(LogTest, JsonEscapesValues) {
  configure(Level::kInfo, Format::kJson);
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "\"\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"one\ntwo\r\t", "\"one\\ntwo\\r\\t\""},
      {"\x1b[31m\0"sv, "\"\\u001b[31m\\u0000\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"7", "\"7\""},
  };
  for (const auto& [value, quoted] : cases) {
    info("a.b", {{"k", value}});
    EXPECT_TRUE(written().ends_with(",\"k\":" + std::string(quoted) + "}\n")) << quoted;
  }
}

TEST_F(LogTest, TextQuotesWhatIsNotPlain) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"files", "files"},
      {"127.0.0.1:80", "127.0.0.1:80"},
      {"h\xC3\xA9", "h\xC3\xA9"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a=b", "\"a=b\""},
      {"a\"b", "\"a\\\"b\""},
      {"a\\b", "\"a\\\\b\""},
      {"a\nb", "\"a\\nb\""},
      {"\x1b[31m", "\"\\u001b[31m\""},
      {"red\x1b[31m", "\"red\\u001b[31m\""},
      {"bell\x07", "\"bell\\u0007\""},
      {"nul\0"sv, "\"nul\\u0000\""},
  };
  for (const auto& [value, shown] : cases) {
    warn("a.b", {{"k", value}});
    EXPECT_TRUE(written().ends_with(" warn  a.b k=" + std::string(shown) + "\n")) << shown;
  }
  error("a.b", {{"n", 5U}, {"yes", false}});
  const auto line = written();
  EXPECT_EQ(line.substr(12), " error a.b n=5 yes=false\n");
  EXPECT_EQ(line[2], ':');
  EXPECT_EQ(line[8], '.');
}

TEST_F(LogTest, KeepsSilentBelowTheLevel) {
  for (int least = 0; least < 4; ++least) {
    configure(static_cast<Level>(least), Format::kText);
    debug("a.b");
    info("a.b");
    warn("a.b");
    error("a.b");
    const auto lines = written();
    EXPECT_EQ(std::ranges::count(lines, '\n'), 4 - least);
  }
}

TEST_F(LogTest, TurnsTheFileOver) {
  const std::string filler(100, 'x');
  const auto size = [&] {
    info("a.b", {{"k", filler}});
    return written().size();
  }();
  // Two lines fit; the third is over, so the file that holds it goes aside.
  rotate(path(), 3 * size - 1, 2);
  for (int i = 1; i <= 9; ++i) info("a.b", {{"k", std::to_string(i) + filler.substr(1)}});
  const auto numbers = [&](std::string_view suffix) {
    std::string out;
    std::istringstream lines(content(suffix));
    for (std::string line; std::getline(lines, line);) out += line.at(line.find("k=") + 2);
    return out;
  };
  EXPECT_EQ(numbers(""), "9");
  EXPECT_EQ(numbers(".1"), "678");
  EXPECT_EQ(numbers(".2"), "345");
  EXPECT_FALSE(std::filesystem::exists(path(".3"))) << "two are kept";
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  configure(Level::kInfo, Format::kJson);
  std::vector<std::thread> threads;
  for (int me = 0; me < 4; ++me) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) info("a.b", {{"k", std::string(200, 'x')}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(written());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_TRUE(line.starts_with("{\"timestamp\"") && line.ends_with("x\"}")) << line;
    ASSERT_EQ(line.find("timestamp", 5), std::string::npos);
  }
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace gantry::observe
