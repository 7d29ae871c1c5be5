#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "net/dial.h"
#include "net/test_support.h"

namespace gantry::net {
namespace {

class ListenerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-net-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "g.sock"; }
  [[nodiscard]] bool exists() const { return std::filesystem::exists(path()); }

  /// A connection to the socket at path(); none where nobody answers.
  [[nodiscard]] base::Fd connect_local() const {
    const auto address =
        literal_address({.tls = false, .host = {}, .port = 0, .socket = path()}).value();
    base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(fd.number(), to, address.size) != 0) fd.reset();
    return fd;
  }
  static Listener::Accept note(Log& log) {
    return [&log](base::Fd fd, const Entrance& entrance) {
      EXPECT_TRUE(fd);
      log.add(fmt::format("{} {} {}", entrance.unix_socket, entrance.port, entrance.peer));
    };
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(ListenerTest, PortZeroIsAnyFreeOne) {
  const auto first = Listener::tcp("127.0.0.1", 0);
  const auto second = Listener::tcp("127.0.0.1", 0);
  ASSERT_TRUE(first && second);
  EXPECT_NE((*first)->port(), 0);
  EXPECT_NE((*first)->port(), (*second)->port());
}

TEST_F(ListenerTest, ASecondOnTheSamePortIsAConflict) {
  const auto first = Listener::tcp("127.0.0.1", 0).value();
  const auto second = Listener::tcp("127.0.0.1", first->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::kConflict);
  EXPECT_EQ(second.error().message,
            fmt::format("127.0.0.1:{} is in use by another program", first->port()));
  EXPECT_FALSE(second.error().hint.empty());
  first->stop();
  EXPECT_TRUE(Listener::tcp("127.0.0.1", first->port())) << "free again at once";
}

TEST_F(ListenerTest, RefusesWhatIsNoAddressHere) {
  for (const auto* host : {"192.0.2.1", "no-such-host.invalid"}) {
    const auto refused = Listener::tcp(host, 0);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, base::Code::kInvalid) << refused.error().message;
    EXPECT_TRUE(refused.error().message.contains(host));
  }
}

TEST_F(ListenerTest, DealsOutConnectionsWithTheirEntrance) {
  LoopThread loop;
  Log log;
  std::unique_ptr<Listener> listener = Listener::tcp("127.0.0.1", 0).value();
  const auto port = listener->port();
  loop.run([&] { EXPECT_TRUE(listener->start(loop.loop(), note(log))); });
  for (std::size_t i = 1; i <= 5; ++i) {
    Raw client(port);
    const auto line = log.wait(i).back();
    EXPECT_TRUE(line.starts_with(fmt::format("false {} 127.0.0.1:", port))) << line;
    EXPECT_TRUE(client.at_end());
  }
  loop.run([&] { listener.reset(); });
}

TEST_F(ListenerTest, AcceptsAllThatCameBeforeItLooked) {
  LoopThread loop;
  Log log;
  std::unique_ptr<Listener> listener = Listener::tcp("127.0.0.1", 0).value();
  std::vector<Raw> clients;
  for (int i = 0; i < 10; ++i) clients.emplace_back(listener->port());
  loop.run([&] { EXPECT_TRUE(listener->start(loop.loop(), note(log))); });
  EXPECT_EQ(log.wait(10).size(), 10U);
  loop.run([&] { listener.reset(); });
}

TEST_F(ListenerTest, MayBeStoppedWhileItAccepts) {
  LoopThread loop;
  Log log;
  std::unique_ptr<Listener> listener = Listener::tcp("127.0.0.1", 0).value();
  std::vector<Raw> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(listener->port());
  loop.run([&] {
    EXPECT_TRUE(listener->start(loop.loop(), [&](const base::Fd&, const Entrance&) {
      listener->stop();
      log.add("accepted");
    }));
  });
  EXPECT_EQ(log.wait(1).size(), 1U);
  loop.run([&] { listener.reset(); });
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(ListenerTest, AUnixSocketIsForItsOwnerAlone) {
  const auto before = ::umask(0);
  ::umask(before);
  LoopThread loop;
  Log log;
  auto listener = Listener::local(path()).value();
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const auto after = ::umask(before);
  EXPECT_EQ(after, before);
  loop.run([&] { EXPECT_TRUE(listener->start(loop.loop(), note(log))); });
  EXPECT_TRUE(connect_local());
  EXPECT_EQ(log.wait(1).back(), "true 0 unix");
  loop.run([&] { listener.reset(); });
  EXPECT_FALSE(exists()) << "it goes with its listener";
}

TEST_F(ListenerTest, AStaleUnixSocketIsReplaced) {
  {
    const base::Fd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address =
        literal_address({.tls = false, .host = {}, .port = 0, .socket = path()}).value();
    const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
    ASSERT_EQ(::bind(left.number(), to, address.size), 0);
  }
  ASSERT_TRUE(exists());
  const auto listener = Listener::local(path());
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(connect_local());
}

TEST_F(ListenerTest, AUnixSocketInUseIsAConflict) {
  const auto first = Listener::local(path()).value();
  const auto second = Listener::local(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::kConflict);
  EXPECT_EQ(second.error().message, path().string() + " is in use by another program");
  EXPECT_TRUE(connect_local()) << "the first is unharmed";
}

TEST_F(ListenerTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path()) << "somebody's notes";
  const auto refused = Listener::local(path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kConflict);
  EXPECT_EQ(std::filesystem::file_size(path()), 16U);
}

TEST_F(ListenerTest, RefusesPathsThatCannotBe) {
  const auto absent = Listener::local(path() / "deeper");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, base::Code::kNotFound);
  const auto too_long = Listener::local("/" + std::string(200, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, base::Code::kInvalid);
}

}  // namespace
}  // namespace gantry::net
