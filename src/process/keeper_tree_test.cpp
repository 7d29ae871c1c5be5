// Ending the whole tree of a server, whatever it does and whoever of us dies.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

#include "base/file.h"
#include "process/keeper.h"
#include "process/test_support.h"
#include "process/tree.h"

namespace gantry::process {
namespace {

using ::testing::ElementsAre;

// Each prints the ids of all its processes, one a line, then "ready", and lives until it is ended.
struct Tree {
  std::string name;
  std::string script;
};

const std::vector<Tree> kTrees = {
    {"children", "sleep 1000 & echo $!; sleep 1000 & echo $!; echo $$; echo ready; wait"},
    {"own sessions", "setsid sleep 1000 & echo $!; echo $$; echo ready; wait"},
    {"daemon", "sh -c 'setsid sh -c \"sleep 1000 & echo \\$!\"'; echo $$; echo ready; exec cat"},
    {"ignores SIGTERM",
     "trap '' TERM; setsid sleep 1000 & echo $!; echo $$; echo ready; "
     "while :; do wait; done"},
    {"stopped", "sleep 1000 & echo $!; kill -STOP $!; echo $$; echo ready; wait"},
};

/// Of the tree's processes, as it prints them.
std::vector<pid_t> read_pids(const base::Fd& from) {
  std::vector<pid_t> pids;
  for (auto line = read_line(from); line && *line != "ready"; line = read_line(from)) {
    pids.push_back(std::stoi(*line));
  }
  return pids;
}

pid_t parent_of(pid_t pid) {
  const auto stat = read_stat(pid);
  return stat ? stat->parent : 0;
}

void expect_ended(const std::vector<pid_t>& pids, const std::string& what) {
  EXPECT_GE(pids.size(), 2U) << what;
  for (const auto pid : pids) EXPECT_TRUE(await_end(pid)) << what << ", process " << pid;
}

TEST(KeeperTree, KillEndsAllAndSaysSo) {
  SmallGateway gateway;
  for (const auto& [name, script] : kTrees) {
    Server server;
    gateway.start(server, shell(script));
    const auto pids = read_pids(server.child->out);
    gateway.on_loop([&] { server.child->kill(); });
    ASSERT_TRUE(server.told("gone")) << name;
    EXPECT_GE(pids.size(), 2U) << name;
    for (const auto pid : pids) EXPECT_NE(::kill(pid, 0), 0) << name << ": gone means reaped";
    EXPECT_THAT(server.log(), ElementsAre("started", "exited: killed by SIGKILL", "gone")) << name;
    gateway.drop(server);
  }
}

TEST(KeeperTree, DestroyingTheChildEndsAll) {
  SmallGateway gateway;
  for (const auto& [name, script] : kTrees) {
    Server server;
    gateway.start(server, shell(script));
    const auto pids = read_pids(server.child->out);
    gateway.drop(server);
    expect_ended(pids, name);
  }
}

TEST(KeeperTree, EndingTheKeeperEndsAllBeforeItReturns) {
  for (const auto& [name, script] : kTrees) {
    SmallGateway gateway;
    Server server;
    gateway.start(server, shell(script));
    const auto pids = read_pids(server.child->out);
    gateway.end_keeper();
    EXPECT_GE(pids.size(), 2U) << name;
    for (const auto pid : pids) EXPECT_NE(::kill(pid, 0), 0) << name;
    ASSERT_TRUE(server.told("gone")) << name;
    EXPECT_THAT(server.log(), ElementsAre("started", "exited: killed by SIGKILL", "gone")) << name;
    gateway.drop(server);
  }
}

TEST(KeeperTree, AKilledWardenIsToldOfAndItsTreeEnded) {
  SmallGateway gateway;
  for (const auto& [name, script] : kTrees) {
    Server spared;
    gateway.start(spared, shell("setsid sleep 1000 & echo $!; echo ready; exec cat"));
    const auto bystander = read_pids(spared.child->out);
    Server server;
    gateway.start(server, shell(script));
    const auto pids = read_pids(server.child->out);
    ASSERT_TRUE(server.told("started"));
    const auto warden = parent_of(server.pid());
    ASSERT_EQ(parent_of(warden), gateway.keeper().pid());
    ASSERT_EQ(::kill(warden, SIGKILL), 0);
    ASSERT_TRUE(server.told("gone"));
    expect_ended(pids, name);
    EXPECT_THAT(server.log(), ElementsAre("started", "exited: killed by SIGKILL", "gone")) << name;
    gateway.drop(server);
    ASSERT_EQ(bystander.size(), 1U);
    EXPECT_EQ(::kill(bystander.front(), 0), 0) << "another server's tree is spared";
    EXPECT_EQ(spared.log(), std::vector<std::string>{"started"});
    gateway.drop(spared);
    EXPECT_TRUE(await_end(bystander.front()));
  }
}

TEST(KeeperTree, TerminateReachesAllAndLeavesThemTheChoice) {
  SmallGateway gateway;
  Server server;
  gateway.start(server, shell("trap 'echo outer; wait; exit 3' TERM; "
                              "setsid sh -c 'sleep 1000 & trap \"echo inner; exit 0\" TERM; "
                              "echo ready; wait' & wait"));
  ASSERT_EQ(read_line(server.child->out), "ready");
  gateway.on_loop([&] { server.child->terminate(); });
  std::vector<std::string> lines;
  for (auto line = read_line(server.child->out); line; line = read_line(server.child->out)) {
    lines.push_back(*line);
  }
  EXPECT_THAT(lines, testing::UnorderedElementsAre("inner", "outer"));
  ASSERT_TRUE(server.told("gone"));
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: exit status 3", "gone"));
  gateway.drop(server);
}

TEST(KeeperTree, TheServersEndIsToldWhileItsTreeLivesOn) {
  SmallGateway gateway;
  Server server;
  gateway.start(server, shell("exec 3<&0; setsid cat <&3 >/dev/null & echo $!; exit 5"));
  const auto pid = read_pid(server.child->out);
  ASSERT_TRUE(server.told("exited"));
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: exit status 5"));
  server.child->in.reset();  // which ends the last of the tree, by itself
  ASSERT_TRUE(server.told("gone"));
  EXPECT_THAT(server.log(), ElementsAre("started", "exited: exit status 5", "gone"));
  gateway.drop(server);
}

TEST(KeeperTree, WhatForksAllTheTimeIsEnded) {
  // A process that is never the same for long, each in a session of its own; and many that fork on.
  const TemporaryFolder folder;
  const auto script = folder.path() / "relay.sh";
  std::ofstream(script) << "[ -e \"$1\" ] || exit 0\nsetsid sh \"$0\" \"$1\" &\nexit 0\n";
  const auto alive = folder.path() / "alive";
  std::ofstream(alive) << "while this is there\n";
  SmallGateway gateway;
  Server server;
  gateway.start(server, shell("for i in 1 2 3 4; do sh " + script.string() + " " + alive.string() +
                              " & done; echo ready; exec cat"));
  ASSERT_EQ(read_line(server.child->out), "ready");
  gateway.on_loop([&] { server.child->kill(); });
  EXPECT_TRUE(server.told("gone"));
  std::filesystem::remove(alive);
  gateway.drop(server);
}

/// A process that runs a gateway with one server; its ids come by the named pipe.
pid_t fork_gateway(const std::string& script, const std::string& named_pipe) {
  const auto pid = ::fork();
  if (pid != 0) return pid;
  auto keeper = Keeper::create().value();
  auto loop = async::Loop::create(0).value();
  const auto child = keeper->spawn(*loop, shell("exec >" + named_pipe + "; " + script), {}).value();
  loop->run();
  ::_exit(0);
}

TEST(KeeperTree, AGatewayKilledLeavesNothing) {
  for (const auto& [name, script] : kTrees) {
    const TemporaryFolder folder;
    const auto path = (folder.path() / "pids").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const base::Fd pipe(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    const auto gateway = fork_gateway(script, path);
    ASSERT_GT(gateway, 0);
    const auto pids = read_pids(pipe);
    ASSERT_GE(pids.size(), 2U);
    const auto keeper = parent_of(parent_of(pids.back()));
    EXPECT_EQ(parent_of(keeper), gateway);
    ASSERT_EQ(::kill(gateway, SIGKILL), 0);
    ASSERT_EQ(::waitpid(gateway, nullptr, 0), gateway);
    expect_ended(pids, name);
    EXPECT_TRUE(await_end(keeper)) << name;
  }
}

}  // namespace
}  // namespace gantry::process
