// The gateway's side of one warden.
#pragma once

#include "process/failure.h"
#include "process/keeper.h"
#include "process/wire.h"

namespace gantry::process {

class WatchedChild final : public Child, private async::IoHandler {
 public:
  /// `control`: the gateway's end, non-blocking.
  WatchedChild(async::Loop& loop, base::Fd control, Attempt attempt, ChildEvents events);
  ~WatchedChild() override;
  base::Result<> watch();
  void terminate() override { order(Order::kTerminate); }
  void kill() override { order(Order::kKill); }

 private:
  enum class After : std::uint8_t { kGoOn, kDestroyed };

  void on_io(async::Ready ready) override;
  void order(Order order);
  After deliver(const Report& report);
  After failed(base::Error error);
  After exited(Exit exit);
  After gone();
  After lost();
  void close_control();
  /// Calls an event that is never called again; it may destroy this object.
  template <typename Event, typename... Given>
  After tell(Event& event, Given&&... given);

  async::Loop& loop_;
  base::Fd control_;
  Attempt attempt_;
  ChildEvents events_;
  bool started_ = false;
  bool exited_ = false;
  bool* destroyed_ = nullptr;  // of the call that is on the stack
};

}  // namespace gantry::process
