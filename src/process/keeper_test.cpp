// Starting a server, its pipes, its end.
#include "process/keeper.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "process/test_support.h"

namespace gantry::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Log = std::vector<std::string>;

std::filesystem::path write_file(const std::filesystem::path& path, std::string_view text,
                                 mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

TEST(Exit, ReadsAsText) {
  EXPECT_EQ((Exit{.signalled = false, .number = 1}).text(), "exit status 1");
  EXPECT_EQ((Exit{.signalled = true, .number = SIGKILL}).text(), "killed by SIGKILL");
  EXPECT_EQ((Exit{.signalled = true, .number = 40}).text(), "killed by signal 40");
}

TEST(Keeper, EchoesThroughThePipes) {
  SmallGateway gateway;
  Server server;
  gateway.start(server, shell("while read line; do echo \"<$line>\"; echo \"!$line\" >&2; done"));
  ASSERT_TRUE(server.told("started"));
  ASSERT_EQ(::write(server.child->in.number(), "one\ntwo\n", 8), 8);
  EXPECT_EQ(read_line(server.child->out), "<one>");
  EXPECT_EQ(read_line(server.child->out), "<two>");
  EXPECT_EQ(read_line(server.child->err), "!one");
  for (const auto* end : {&server.child->in, &server.child->out, &server.child->err}) {
    EXPECT_NE(::fcntl(end->number(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(end->number(), F_GETFD) & FD_CLOEXEC, 0);
  }
  server.child->in.reset();
  ASSERT_TRUE(server.told("gone"));
  EXPECT_EQ(read_line(server.child->out), std::nullopt);
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: exit status 0", "gone"));
  gateway.drop(server);
}

TEST(Keeper, TellsHowAServerEnded) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"exit 0", "exited: exit status 0"},
      {"exit 42", "exited: exit status 42"},
      {"kill -SEGV $$", "exited: killed by SIGSEGV"},
      {"kill -TERM $$", "exited: killed by SIGTERM"},
  };
  SmallGateway gateway;
  for (const auto& [script, end] : cases) {
    Server server;
    gateway.start(server, shell(script));
    ASSERT_TRUE(server.told("gone")) << script;
    EXPECT_EQ(server.log(), (Log{"started", end, "gone"})) << script;
    gateway.drop(server);
  }
}

TEST(Keeper, GivesTheServerACleanProcess) {
  // What the gateway blocks or ignores is no business of the server's.
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  SmallGateway gateway;
  ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  Server server;
  gateway.start(server,
                shell("grep -E '^Sig(Blk|Ign):' /proc/self/status; ls /proc/self/fd; echo; "
                      "ps -o sid=,pgid= -p $$ 2>/dev/null || cut -d' ' -f6,5 /proc/$$/stat"));
  ASSERT_TRUE(server.told("gone"));
  EXPECT_THAT(read_line(server.child->out).value_or(""), HasSubstr("0000000000000000"));
  EXPECT_THAT(read_line(server.child->out).value_or(""), HasSubstr("0000000000000000"));
  Log descriptors;
  for (auto line = read_line(server.child->out); line && !line->empty();
       line = read_line(server.child->out)) {
    descriptors.push_back(*line);
  }
  EXPECT_THAT(descriptors, ElementsAre("0", "1", "2", "3")) << "3 is ls's own folder";
  const auto ids = read_line(server.child->out).value_or("");
  EXPECT_THAT(ids, HasSubstr(std::to_string(server.pid()))) << "it leads its session and group";
  gateway.drop(server);
}

TEST(Keeper, HandsOverEnvironmentFolderAndLargeArguments) {
  const TemporaryFolder folder;
  // More than a datagram or a pipe holds; one string may have 128 KiB.
  const std::string large(100'000, 'x');
  SmallGateway gateway;
  Server server;
  gateway.start(server,
                {.argv = {"sh", "-c", "echo $(pwd) $0 ${#1} ${#2} ${#A} \"$B\" $(env | wc -l)",
                          "zero", large, large},
                 .env = {"A=" + large, "B=a  b", "PATH=/nowhere:/bin:/usr/bin"},
                 .cwd = folder.path()});
  // PWD, which the shell adds, is the fourth; dash adds no other, bash SHLVL and _ too.
  const auto line = read_line(server.child->out).value_or("");
  EXPECT_THAT(line,
              testing::StartsWith(folder.path().string() + " zero 100000 100000 100000 a  b "));
  ASSERT_TRUE(server.told("gone"));
  gateway.drop(server);
}

struct Failing {
  std::string name;
  std::vector<std::string> argv;
  std::string cwd;
  base::Code code;
  std::string message;
};

const std::string root = "/";

TEST(Keeper, SaysWhyAServerCannotBeStarted) {
  const TemporaryFolder folder;
  const auto& at = folder.path();
  const auto plain = write_file(at / "plain", "#!/bin/sh\n", 0644).string();
  const auto orphan = write_file(at / "orphan", "#!/nowhere/interpreter\n", 0755).string();
  const auto text = write_file(at / "text", "no program\n", 0755).string();
  std::filesystem::create_directory(at / "folder");
  const auto missing = (at / "missing").string();
  using base::Code;
  const std::vector<Failing> cases = {
      {"unknown name",
       {"no-such-command"},
       root,
       Code::kNotFound,
       "command 'no-such-command' not found in PATH"},
      {"unknown path",
       {missing},
       root,
       Code::kNotFound,
       "command '" + missing + "' does not exist"},
      {"no mode x", {plain}, root, Code::kForbidden, "command '" + plain + "': not executable"},
      {"no mode x, in PATH", {"plain"}, root, Code::kForbidden, "command 'plain': not executable"},
      {"a folder",
       {at.string()},
       root,
       Code::kForbidden,
       "command '" + at.string() + "': not executable"},
      {"a folder in PATH is passed over",
       {"folder"},
       root,
       Code::kNotFound,
       "command 'folder' not found in PATH"},
      {"no #!",
       {text},
       root,
       Code::kForbidden,
       "command '" + text + "': not executable: no program of this machine and no #! line"},
      {"no interpreter",
       {orphan},
       root,
       Code::kNotFound,
       "command '" + orphan + "': the interpreter that its first line names does not exist"},
      {"no folder",
       {"/bin/sh"},
       missing,
       Code::kNotFound,
       "working folder '" + missing + "' does not exist"},
      {"folder is a file",
       {"/bin/sh"},
       text,
       Code::kInvalid,
       "working folder '" + text + "' is not a folder"},
      {"too long",
       {"/bin/sh", std::string(200'000, 'x')},
       root,
       Code::kInvalid,
       "command '/bin/sh': its arguments and environment are too long"},
  };
  SmallGateway gateway;
  for (const auto& each : cases) {
    Server server;
    gateway.start(server,
                  {.argv = each.argv, .env = {"PATH=/bin:" + at.string()}, .cwd = each.cwd});
    ASSERT_TRUE(server.told("failed")) << each.name;
    EXPECT_EQ(server.error().message, each.message) << each.name;
    EXPECT_EQ(server.error().code, each.code) << each.name;
    gateway.drop(server);
    EXPECT_EQ(server.log().size(), 1U) << each.name;
  }
}

TEST(Keeper, RefusesWhatCannotBeHandedOver) {
  SmallGateway gateway;
  const std::string nul("a\0b", 3);
  for (const auto& spawn : {Spawn{}, Spawn{.argv = {""}, .env = {}, .cwd = "/"},
                            Spawn{.argv = {"/bin/true", nul}, .env = {}, .cwd = "/"},
                            Spawn{.argv = {"/bin/true"}, .env = {"A=" + nul}, .cwd = "/"}}) {
    gateway.on_loop([&] {
      const auto child = gateway.keeper().spawn(gateway.loop(), spawn, {});
      ASSERT_FALSE(child);
      EXPECT_EQ(child.error().code, base::Code::kInvalid);
    });
  }
}

TEST(Keeper, EventsMayDestroyTheChild) {
  SmallGateway gateway;
  for (const std::string_view last : {"started", "exited", "gone", "failed"}) {
    Server server;
    auto events = server.events();
    const auto then_drop = [&](std::string_view event, auto& call) {
      if (event == last) {
        call = [&, call](auto... given) {
          server.child.reset();
          call(given...);
        };
      }
    };
    then_drop("started", events.on_started);
    then_drop("exited", events.on_exited);
    then_drop("gone", events.on_gone);
    then_drop("failed", events.on_failed);
    auto spawn =
        last == "failed" ? Spawn{.argv = {"/nowhere"}, .env = {}, .cwd = "/"} : shell("exit 0");
    gateway.on_loop([&] {
      server.child = gateway.keeper().spawn(gateway.loop(), std::move(spawn), events).value();
    });
    ASSERT_TRUE(server.told(last));
    gateway.on_loop([] {});
    EXPECT_TRUE(server.log().back().starts_with(last)) << "nothing follows";
    EXPECT_EQ(server.child, nullptr);
  }
}

TEST(Keeper, StartsFiftyAtOnceAndLeaksNothing) {
  const auto before = count_descriptors();
  std::vector<pid_t> pids;
  {
    SmallGateway gateway;
    const auto with_gateway = count_descriptors();
    std::array<Server, 50> servers;
    for (auto& server : servers) gateway.start(server, shell("read line; echo $$ $line; exec cat"));
    for (std::size_t i = 0; i < servers.size(); ++i) {
      auto& server = servers.at(i);
      ASSERT_TRUE(server.told("started"));
      const auto text = std::to_string(i) + "\n";
      ASSERT_EQ(::write(server.child->in.number(), text.data(), text.size()),
                static_cast<ssize_t>(text.size()));
    }
    for (std::size_t i = 0; i < servers.size(); ++i) {
      auto& server = servers.at(i);
      EXPECT_EQ(read_line(server.child->out),
                std::to_string(server.pid()) + " " + std::to_string(i));
      pids.push_back(server.pid());
    }
    for (auto& server : servers) gateway.drop(server);
    for (const auto pid : pids) EXPECT_TRUE(await_end(pid));
    EXPECT_EQ(count_descriptors(), with_gateway);
  }
  EXPECT_EQ(count_descriptors(), before);
  for (const auto pid : pids) EXPECT_NE(::kill(pid, 0), 0) << "not even a zombie";
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "the keeper was reaped";
}

TEST(Keeper, SaysThatItIsGone) {
  SmallGateway gateway;
  Server server;
  gateway.start(server, shell("exec cat"));
  ASSERT_TRUE(server.told("started"));
  const auto keeper = gateway.keeper().pid();
  ASSERT_EQ(::kill(keeper, SIGKILL), 0);
  ASSERT_TRUE(await_end(keeper));
  gateway.on_loop([&] {
    const auto child = gateway.keeper().spawn(gateway.loop(), shell("exit 0"), {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, base::Code::kIo);
    EXPECT_THAT(child.error().message, HasSubstr("keeper process is gone"));
  });
  // The wardens live on and do their work.
  server.child->kill();
  ASSERT_TRUE(server.told("gone"));
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: killed by SIGKILL", "gone"));
  gateway.drop(server);
}

TEST(Keeper, IsNotReachedByTheTerminalsSignals) {
  SmallGateway gateway;
  const auto keeper = gateway.keeper().pid();
  EXPECT_NE(::getsid(keeper), ::getsid(0));
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ASSERT_EQ(::kill(keeper, number), 0);
  Server server;
  gateway.start(server, shell("exit 7"));
  ASSERT_TRUE(server.told("gone"));
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: exit status 7", "gone"));
  gateway.drop(server);
}

}  // namespace
}  // namespace gantry::process
