#include "net/http_client.h"

#include <algorithm>

#include "base/assert.h"
#include "net/client_connection.h"

namespace gantry::net {
namespace {
constexpr base::Millis kSweep{500};
}

HttpPool::HttpPool(ClientContext context, Address address, base::Millis idle)
    : context_(std::move(context)),
      address_(std::move(address)),
      idle_time_(idle),
      self_(std::make_shared<HttpPool*>(this)) {}

HttpPool::~HttpPool() = default;

ClientConnection* HttpPool::send(std::initializer_list<std::string_view> parts,
                                 ResponseSink& sink) {
  while (auto* kept = take_idle()) {
    if (kept->reuse(parts, sink)) return kept;
    kept->close();
  }
  auto& made = *all_.emplace_back(std::make_unique<ClientConnection>(*this));
  made.slot_ = all_.size() - 1;
  made.open(parts, sink);
  return &made;
}

ClientConnection* HttpPool::take_idle() {
  if (idle_.empty()) return nullptr;
  auto* last = idle_.back();
  idle_.pop_back();
  return last;
}

void HttpPool::abandon(ClientConnection& connection) { connection.close(); }

void HttpPool::keep(ClientConnection& connection) {
  idle_.push_back(&connection);
  if (!sweeper_.armed()) sweeper_.arm(context_.loop.wheel(), kSweep, [this] { sweep(); });
}

void HttpPool::destroy(ClientConnection& connection) {
  std::erase(idle_, &connection);
  const auto slot = connection.slot_;
  auto ended = std::move(all_.at(slot));
  if (slot + 1 != all_.size()) {
    all_[slot] = std::move(all_.back());
    all_[slot]->slot_ = slot;
  }
  all_.pop_back();
  if (ended->stream_) {
    context_.loop.unwatch(ended->stream_->fd(), *ended);
    // Shut now, freed when the round is over: it may be in the middle of a call.
    ended->stream_.reset();
  }
  context_.loop.defer([owned = std::move(ended)] {});
}

void HttpPool::sweep() {
  const auto now = context_.loop.now();
  for (auto at = idle_.size(); at > 0; --at) {
    auto& connection = *idle_[at - 1];
    if (now - connection.idle_since_ >= connection.idle_limit_) connection.close();
  }
  if (!idle_.empty()) sweeper_.arm(context_.loop.wheel(), kSweep, [this] { sweep(); });
}

}  // namespace gantry::net
