// The requests of one instance that wait for their answers, found by the id under which they went.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/wheel.h"
#include "fabric/call.h"

namespace gantry::fabric {

/// What the gateway itself asked: the answer's bytes, or why there is none.
using Inquiry = std::move_only_function<void(base::Result<const Message*>)>;

struct Pending {
  RequestId id = 0;  ///< 0: free
  CallRef call;      ///< a client's call, or
  Inquiry inquiry;   ///< the gateway's own request
  async::Timer deadline;
  base::Instant started{};
  std::string uri;  ///< of a resources/subscribe
  unsigned asking =
      0;  ///< requests of the server to the client, unanswered: the clock stands still
  bool resent = false;
};

/// Ids are never used again soon: a slot and its generation, within 2^53.
class PendingTable {
 public:
  static constexpr RequestId kFirst = 2;  ///< 1 is the handshake's

  Pending& add();
  [[nodiscard]] Pending* find(RequestId id);
  void remove(Pending& pending);
  [[nodiscard]] std::size_t size() const { return used_; }
  template <typename Each>
  void for_each(Each&& each) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].id != 0) each(slots_[slot]);
    }
  }

 private:
  static constexpr unsigned kSlotBits = 20;

  std::deque<Pending> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> generations_;
  std::size_t used_ = 0;
};

}  // namespace gantry::fabric
