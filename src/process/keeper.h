// The keeper: a small single-threaded process, forked before the first thread, that starts every
// server and ends every tree.
//
// gateway ─socket─► keeper ─fork─► warden (one a server) ─fork─► the server and all that it starts
//
// A warden is told by its control socket what to do and reports on it; when the socket closes (the
// gateway died, however it died) it kills its whole tree, setsid'ed grandchildren too: as subreaper
// every orphan of the tree becomes its child. The keeper is subreaper as well, for the trees of
// wardens that were killed. Each server leads a session and a process group of its own, and the
// keeper is in a session of its own: a Ctrl-C at the terminal reaches the gateway alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "base/error.h"
#include "base/file.h"

namespace gantry::process {

struct Spawn {
  /// argv[0]: a path, or a name looked up in PATH of `env`; never a shell.
  std::vector<std::string> argv;
  std::vector<std::string> env;  ///< "NAME=value", all that the child gets
  std::filesystem::path cwd;     ///< empty: this process's own
};

/// How a server ended.
struct Exit {
  bool signalled = false;
  int number = 0;                          ///< exit status, or the signal
  [[nodiscard]] std::string text() const;  ///< "exit status 1", "killed by SIGKILL"
};

/// What a child tells its owner, always on the loop that spawned it; each at most once, never after
/// the Child was destroyed. Each may destroy the Child.
struct ChildEvents {
  std::function<void(pid_t)> on_started;  ///< execve succeeded
  /// It could not be started: kNotFound, kForbidden, kInvalid, kIo. Nothing follows.
  std::function<void(base::Error)> on_failed;
  std::function<void(Exit)> on_exited;  ///< the server itself ended; its tree may live on
  std::function<void()> on_gone;        ///< the last process of its tree ended. Nothing follows
};

/// A started server: its pipes (non-blocking, close-on-exec) and its tree. Destroying it, on its
/// loop's thread, kills the tree.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  virtual ~Child() = default;
  base::Fd in;                   ///< write: its stdin; closing it is the first step of a stop
  base::Fd out;                  ///< read: its stdout
  base::Fd err;                  ///< read: its stderr
  virtual void terminate() = 0;  ///< SIGTERM to the whole tree
  virtual void kill() = 0;       ///< SIGKILL to the whole tree, until none is left
};

class Keeper {
 public:
  /// Forks the keeper; the calling process must still be single-threaded. The keeper ends by
  /// itself, and every tree with it, when this process ends.
  [[nodiscard]] static base::Result<std::unique_ptr<Keeper>> create();
  Keeper() = default;
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  /// Ends every tree and the keeper, and waits for that: milliseconds, at the very most 5 s.
  virtual ~Keeper() = default;
  /// On `loop`'s thread (or before it runs); several loops may spawn at once. Never blocks, and
  /// calls no event itself. Errors: kInvalid (no command, a NUL in an argument), kIo (the keeper is
  /// gone, no descriptors left).
  [[nodiscard]] virtual base::Result<std::unique_ptr<Child>> spawn(async::Loop& loop, Spawn spawn,
                                                                   ChildEvents events) = 0;
  [[nodiscard]] virtual pid_t pid() const = 0;
};

/// The short list of variables that every server gets (PATH, HOME, USER, LOGNAME, SHELL, TERM,
/// LANG, LC_*, TZ, TMPDIR, proxy and CA variables) of this process, with `named` over it, as
/// "NAME=value", sorted.
[[nodiscard]] std::vector<std::string> child_environment(
    const std::vector<std::pair<std::string, std::string>>& named);

}  // namespace gantry::process
