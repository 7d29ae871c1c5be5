#include "gateway/stream.h"

#include <fmt/format.h>

#include <array>

#include "base/assert.h"
#include "net/sse.h"

namespace gantry::gateway {
namespace {
/// A client whose stream broke comes back after.
constexpr base::Millis kRetry{1000};
}  // namespace

void Stream::begin_events(EventLog& log, bool priming) {
  if (std::exchange(events_, true)) return;
  if (connected()) exchange_->begin_stream(200, kEventHeaders);
  if (priming) prime(log);
  if (collected_.empty()) return;
  // A batch whose first answers wait: they go as one event, a batch themselves.
  const auto waiting = std::exchange(collected_, {});
  push(log, waiting + "]");
}

/// An event with an id and no data, and when to come back.
void Stream::prime(EventLog& log) {
  const auto id = log.add(number_, {});
  if (connected())
    exchange_->write(fmt::format("id: {}\nretry: {}\ndata: \n\n", id.text(), kRetry.count()));
}

void Stream::answer(EventLog& log, std::initializer_list<std::string_view> parts) {
  GANTRY_ASSERT(due_ > 0 && parts.size() <= 3);
  --due_;
  if (kind_ == Kind::kSingle && !events_) {
    std::array<std::string_view, 3> pieces{};
    std::ranges::copy(parts, pieces.begin());
    if (exchange_) exchange_->respond(200, kJsonHeaders, {pieces[0], pieces[1], pieces[2]});
    exchange_.reset();
    return;
  }
  std::string whole;
  for (const auto part : parts) whole.append(part);
  if (events_) {
    push(log, whole);
  } else {
    collected_.append(collected_.empty() ? "[" : ",").append(whole);
  }
  end_if_done();
}

void Stream::give_up_one() {
  if (due_ > 0) --due_;
  end_if_done();
}

void Stream::end_if_done() {
  if (!done() || !exchange_) return;
  const auto exchange = std::exchange(exchange_, nullptr);
  if (events_) {
    exchange->finish();
  } else if (!collected_.empty()) {
    exchange->respond(200, kJsonHeaders, {collected_, "]"});
  } else {
    // All that was asked was taken back: there is nothing to say.
    exchange->respond(202, "", "");
  }
}

void Stream::push(EventLog& log, std::string_view message) {
  GANTRY_ASSERT(events_);
  const auto id = log.add(number_, message);
  if (!connected()) return;
  std::string event;
  net::append_event(event, id.text(), message);
  exchange_->write(event);
}

void Stream::pause(EventLog& log, base::Millis retry) {
  begin_events(log, true);
  if (!connected()) return;
  exchange_->write(fmt::format("retry: {}\n\n", retry.count()));
  std::exchange(exchange_, nullptr)->finish();
}

void Stream::resume(std::shared_ptr<net::Exchange> exchange, const EventLog& log,
                    std::uint64_t sequence) {
  if (connected() && exchange_ != exchange) {
    exchange_->on_gone = nullptr;  // it is this stream that goes on
    exchange_->finish();
  }
  exchange_ = std::move(exchange);
  events_ = true;
  exchange_->begin_stream(200, kEventHeaders);
  std::string events;
  log.replay(number_, sequence, [&](const EventId& id, std::string_view data) {
    if (!data.empty()) net::append_event(events, id.text(), data);
  });
  exchange_->write(events);
  end_if_done();
}

void Stream::ping() {
  if (connected() && events_) exchange_->write(": ping\n\n");
}

void Stream::finish() {
  due_ = 0;
  if (!exchange_) return;
  const auto exchange = std::exchange(exchange_, nullptr);
  if (!exchange->alive()) return;
  exchange->on_gone = nullptr;
  if (events_) {
    exchange->finish();
  } else {
    exchange->respond(202, "", "");
  }
}

}  // namespace gantry::gateway
