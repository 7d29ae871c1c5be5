// What travels between gateway, keeper and warden: datagrams on SOCK_SEQPACKET sockets. All three
// run the same binary, so a struct is its own format.
//
// gateway → keeper: one byte with the descriptors of a Launch
// gateway → warden: an Order; warden → gateway: a Report (the keeper too, when it cannot fork)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "process/keeper.h"

namespace gantry::process {

/// What a warden needs to start its server.
struct Launch {
  static constexpr std::size_t kCount = 5;
  base::Fd in;  ///< the child's ends of the pipes
  base::Fd out;
  base::Fd err;
  base::Fd control;  ///< the warden's end
  base::Fd spec;     ///< see pack()
};

enum class Order : std::uint8_t { kTerminate, kKill };

/// Where a start failed.
enum class Stage : std::uint8_t { kFork, kFolder, kExec, kInterpreter };

struct Report {
  enum class Kind : std::uint8_t { kStarted, kFailed, kExited, kGone };
  Kind kind = Kind::kGone;
  Stage stage = Stage::kFork;  ///< kFailed
  bool signalled = false;      ///< kExited
  std::int32_t number = 0;     ///< kStarted: pid; kFailed: errno; kExited: status or signal
};

/// Sends the descriptors; the caller's copies stay open. Never blocks. Returns 0 or errno.
[[nodiscard]] int send_launch(int socket, const Launch& launch);

enum class Received : std::uint8_t { kLaunch, kBroken, kNothing, kClosed };
/// kBroken: descriptors were lost on the way (none left here); what came was closed.
[[nodiscard]] Received receive_launch(int socket, Launch& launch);

/// Reports are few and small: the socket always holds them. A peer that is gone is no error here.
void send_report(int control, const Report& report);

/// A sealed memory file with argv, env and cwd of `spawn`: no limit of a datagram applies to it.
[[nodiscard]] base::Result<base::Fd> pack(const Spawn& spawn);

/// A packed spec, mapped: what execve wants points into it.
class Spec {
 public:
  [[nodiscard]] static std::optional<Spec> map(int memory_file);
  Spec(Spec&& other) noexcept;
  Spec& operator=(Spec&&) = delete;
  ~Spec();
  [[nodiscard]] const char* cwd() const { return cwd_; }
  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  [[nodiscard]] char* const* env() const { return env_.data(); }
  /// The value of a variable of env(); empty when unset.
  [[nodiscard]] std::string_view variable(std::string_view name) const;

 private:
  explicit Spec(std::span<char> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool parse();
  std::span<char> bytes_;
  const char* cwd_ = nullptr;
  std::vector<char*> argv_;  // null-terminated, as is env_
  std::vector<char*> env_;
};

}  // namespace gantry::process
