// Calls to the server: under ids of our own, each answered once, each with its deadline.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "fabric/instance.h"
#include "mcp/compose.h"
#include "mcp/splice.h"

namespace gantry::fabric {
namespace {

constexpr std::size_t kMostWaiting = 10'000;

/// RFC 5424's levels, as the protocol names them, the most verbose first.
constexpr std::array<std::string_view, 8> kLevels = {"debug", "info",     "notice", "warning",
                                                     "error", "critical", "alert",  "emergency"};

}  // namespace

int log_level_of(std::string_view name) {
  const auto found = std::ranges::find(kLevels, name);
  return found == kLevels.end() ? -1 : static_cast<int>(found - kLevels.begin());
}

void Instance::call(const CallRef& call, const Message& message, Edit edit) {
  if (loop_.is_current()) return start_call(call, message, std::move(edit));
  loop_.post([self = shared_from_this(), call, own = OwnMessage(message),
              change = std::move(edit)]() mutable {
    self->start_call(call, own.view(), std::move(change));
  });
}

void Instance::start_call(const CallRef& call, const Message& message, Edit edit) {
  touch();
  if (state_ == State::kIdle && !stopping_) begin();
  // Whoever has the turn queues up again as soon as another waits.
  const bool turn_of_another = spec_.take_turns && pending_.size() > 0 && turn_ &&
                               (turn_ != call->client || !waiting_.empty());
  if (state_ == State::kReady && !turn_of_another) {
    if (!answer_here(call, message, edit)) send_call(call, message, edit);
    return;
  }
  if (!hopeful()) {
    auto error = named(cause_);
    if (timer_.armed()) {
      error.message += fmt::format("; next try in {}",
                                   base::format_duration(timer_.left().value_or(base::Millis(0))));
    }
    return fail_call(call, std::move(error));
  }
  if (waiting_.size() >= kMostWaiting) {
    return fail_call(call,
                     named(base::fail(base::Code::kLimit, "too many calls wait for it").error()));
  }
  waiting_.push_back({.call = call, .message = OwnMessage(message), .edit = std::move(edit)});
  if (state_ == State::kReady) facts_.waiting_turns = waiting_.size();
}

void Instance::send_call(const CallRef& call, const Message& message, const Edit& edit) {
  auto& pending = pending_.add();
  pending.call = call;
  pending.started = loop_.now();
  call->upstream = pending.id;
  if (auto* one = attached(*call->client)) {
    ++one->in_flight;
    one->latest = call;
  }
  turn_ = spec_.take_turns ? call->client : nullptr;
  facts_.in_flight.store(pending_.size(), std::memory_order_relaxed);
  if (call->method == mcp::Method::kResourcesSubscribe) {
    const auto raw =
        edit.span.present() ? std::string_view(edit.text) : message.at.uri.in(message.bytes);
    if (!raw.empty()) pending.uri = mcp::decode_string(raw);
  }
  arm_deadline(pending);
  send(message, pending, edit);
}

void Instance::send(const Message& message, Pending& pending, const Edit& edit) {
  const fmt::format_int number(pending.id);
  const std::string_view id(number.data(), number.size());
  mcp::Splice splice(message.bytes, message.at.whole);
  splice.add(message.at.id, id);
  if (message.at.meta_token.present()) splice.add(message.at.meta_token, id);
  if (edit.span.present()) splice.add(edit.span, edit.text);
  out_.clear();
  splice.append_to(out_);
  if (message.at.raw_newline) out_ = mcp::fold_newlines(out_);
  runtime_->connector()->request(pending.id, out_);
}

void Instance::arm_deadline(Pending& pending) {
  const auto& limits = spec_.server->timeouts;
  const auto used = std::chrono::duration_cast<base::Millis>(loop_.now() - pending.started);
  const auto left = std::max(limits.call_max - used, base::Millis(0));
  // While a client is asked something only the longest limit runs.
  const auto wait = pending.asking > 0 ? left : std::min(limits.call, left);
  pending.deadline.arm(loop_.wheel(), wait, [this, id = pending.id] { on_deadline(id); });
}

void Instance::on_deadline(RequestId id) {
  auto* pending = pending_.find(id);
  if (pending == nullptr) return;
  const auto& limits = spec_.server->timeouts;
  const bool whole = loop_.now() - pending->started >= limits.call_max;
  const auto* limit = whole ? "timeouts.call_max" : "timeouts.call";
  const auto text = base::format_duration(whole ? limits.call_max : limits.call);
  auto error =
      named(base::fail(base::Code::kTimeout, fmt::format("{}: no answer within {}", limit, text),
                       fmt::format("raise its {} if the tool needs longer", limit))
                .error());
  cancel_upstream(id, "timed out");
  on_request_failed(id, std::move(error), net::Sent::kMaybe);
}

void Instance::cancel_upstream(RequestId id, std::string_view reason) {
  if (auto* connector = runtime_->connector(); connector != nullptr && state_ == State::kReady) {
    connector->notify(mcp::notification(
        "notifications/cancelled",
        fmt::format(R"({{"requestId":{},"reason":{}}})", id, base::json_quote(reason))));
    connector->abandon(id);
  }
}

void Instance::cancel(const CallRef& call, const Message& message) {
  loop_.dispatch([self = shared_from_this(), call, own = OwnMessage(message)] {
    auto& instance = *self;
    std::erase_if(instance.waiting_, [&](const auto& one) { return one.call == call; });
    auto* pending = instance.pending_.find(call->upstream);
    if (pending == nullptr || pending->call != call) return;
    const auto id = pending->id;
    instance.finish(*pending);
    if (instance.state_ != State::kReady) return;
    mcp::Splice splice(own.bytes, own.at.whole);
    const auto number = std::to_string(id);
    splice.add(own.at.request_id, number);
    std::string out;
    splice.append_to(out);
    instance.runtime_->connector()->notify(own.at.raw_newline ? mcp::fold_newlines(out) : out);
    instance.runtime_->connector()->abandon(id);
  });
}

void Instance::notify(const Message& message, Edit edit) {
  loop_.dispatch([self = shared_from_this(), own = OwnMessage(message), change = std::move(edit)] {
    if (self->state_ != State::kReady) return;
    mcp::Splice splice(own.bytes, own.at.whole);
    if (change.span.present()) splice.add(change.span, change.text);
    std::string out;
    splice.append_to(out);
    self->runtime_->connector()->notify(own.at.raw_newline ? mcp::fold_newlines(out) : out);
  });
}

void Instance::reply(std::string server_id, std::string bytes) {
  loop_.dispatch([self = shared_from_this(), id = std::move(server_id), out = std::move(bytes)] {
    auto& instance = *self;
    const auto asked = instance.asked_.find(id);
    if (asked == instance.asked_.end()) return;  // withdrawn, or of an earlier life of the server
    const auto within = asked->second.within;
    instance.asked_.erase(asked);
    instance.no_longer_asked(within);
    if (instance.state_ == State::kReady) instance.runtime_->connector()->notify(out);
  });
}

/// The call's clock goes on once its client is asked nothing more.
void Instance::no_longer_asked(RequestId within) {
  auto* pending = pending_.find(within);
  if (pending == nullptr || pending->asking == 0) return;
  --pending->asking;
  arm_deadline(*pending);
}

void Instance::finish(Pending& pending) {
  if (pending.call) {
    if (auto* one = attached(*pending.call->client)) {
      if (one->in_flight > 0) --one->in_flight;
      if (one->in_flight == 0 || one->latest == pending.call) one->latest.reset();
    }
  }
  pending_.remove(pending);
  facts_.in_flight.store(pending_.size(), std::memory_order_relaxed);
  if (spec_.take_turns && pending_.size() == 0) next_turn();
}

void Instance::next_turn() {
  turn_.reset();
  loop_.defer([self = shared_from_this()] {
    self->flush_waiting();
    self->facts_.waiting_turns = self->waiting_.size();
  });
}

void Instance::ask(std::string_view method, std::string_view params, base::Millis limit,
                   Inquiry inquiry) {
  auto& pending = pending_.add();
  pending.inquiry = std::move(inquiry);
  pending.started = loop_.now();
  pending.deadline.arm(loop_.wheel(), limit, [this, id = pending.id] { on_deadline(id); });
  runtime_->connector()->request(pending.id, mcp::request(pending.id, method, params));
}

void Instance::fail_call(const CallRef& call, base::Error error) {
  call->client->loop().dispatch(
      [call, why = std::move(error)] { call->client->on_call_failed(call, why); });
}

void Instance::fail_all(const base::Error& cause) {
  std::vector<RequestId> ids;
  pending_.for_each([&](const Pending& pending) { ids.push_back(pending.id); });
  for (const auto id : ids) on_request_failed(id, cause, net::Sent::kMaybe);
  for (const auto& one : attached_) {
    // What the server asked dies with it: an answer must not reach a later question of the same id.
    one.client->loop().dispatch(
        [self = shared_from_this(), client = one.client] { client->on_questions_void(self); });
  }
  asked_.clear();
  resend_.clear();
  reading_lists_ = false;
  reading_.reset();
}

bool Instance::answer_here(const CallRef& call, const Message& message, const Edit& edit) {
  using mcp::Method;
  auto* one = attached(*call->client);
  if (one == nullptr) return false;
  if (call->method == Method::kLoggingSetLevel) return set_level(*one, call, message);
  if (call->method != Method::kResourcesSubscribe && call->method != Method::kResourcesUnsubscribe)
    return false;
  const auto raw =
      edit.span.present() ? std::string_view(edit.text) : message.at.uri.in(message.bytes);
  if (raw.empty()) return false;
  const auto uri = mcp::decode_string(raw);
  return call->method == Method::kResourcesSubscribe ? subscribe(*one, call, uri)
                                                     : unsubscribe(*one, call, uri);
}

bool Instance::set_level(Attached& one, const CallRef& call, const Message& message) {
  const int level = log_level_of(mcp::decode_string(message.at.level.in(message.bytes)));
  if (level < 0) return false;  // the server says what is wrong with it
  one.level = level;
  const auto wanted = level_wanted();
  if (wanted == level_sent_) return answer_empty(call), true;
  level_sent_ = wanted;
  if (wanted == kLevels.at(static_cast<std::size_t>(level))) return false;
  ask("logging/setLevel", fmt::format(R"({{"level":"{}"}})", wanted), spec_.server->timeouts.call,
      [](base::Result<const Message*>) {});
  return answer_empty(call), true;
}

void Instance::set_level(ClientRef client, std::string level) {
  loop_.dispatch([self = shared_from_this(), of = std::move(client), wanted = std::move(level)] {
    auto& instance = *self;
    auto* one = instance.attached(*of);
    if (one == nullptr) return;
    one->level = log_level_of(wanted);
    const auto capabilities = mcp::member(instance.initialize_, "capabilities");
    const auto least = instance.level_wanted();
    if (instance.state_ != State::kReady || least == instance.level_sent_ ||
        mcp::member(capabilities, "logging").empty())
      return;
    instance.level_sent_ = least;
    instance.ask("logging/setLevel", fmt::format(R"({{"level":"{}"}})", least),
                 instance.spec_.server->timeouts.call, [](base::Result<const Message*>) {});
  });
}

/// The most verbose of what the clients want.
std::string Instance::level_wanted() const {
  int least = static_cast<int>(kLevels.size());
  for (const auto& one : attached_) {
    if (one.level >= 0) least = std::min(least, one.level);
  }
  return least == static_cast<int>(kLevels.size())
             ? ""
             : std::string(kLevels.at(static_cast<std::size_t>(least)));
}

bool Instance::subscribed(const std::string& uri) const {
  return std::ranges::any_of(attached_, [&](const auto& one) { return one.uris.contains(uri); });
}

bool Instance::subscribe(Attached& one, const CallRef& call, std::string uri) {
  const bool known = subscribed(uri);
  one.uris.insert(std::move(uri));
  if (known) answer_empty(call);
  return known;
}

bool Instance::unsubscribe(Attached& one, const CallRef& call, const std::string& uri) {
  one.uris.erase(uri);
  const bool others = subscribed(uri);
  if (others) answer_empty(call);
  return others;
}

void Instance::answer_empty(const CallRef& call) {
  call->client->loop().dispatch([call] {
    constexpr std::string_view kEmpty = R"({"jsonrpc":"2.0","id":0,"result":{}})";
    const auto scanned = mcp::scan(kEmpty);
    call->client->on_answer(call, {.bytes = kEmpty, .at = *scanned});
  });
}

void Instance::detach(ClientRef client) {
  loop_.dispatch([self = shared_from_this(), gone = std::move(client)] {
    auto& instance = *self;
    auto* one = instance.attached(*gone);
    if (one == nullptr) return;
    const auto uris = std::exchange(one->uris, {});
    std::vector<RequestId> ids;
    instance.pending_.for_each([&](const Pending& pending) {
      if (pending.call && pending.call->client == gone) ids.push_back(pending.id);
    });
    for (const auto id : ids) {
      instance.cancel_upstream(id, "the client ended its session");
      if (auto* pending = instance.pending_.find(id)) instance.finish(*pending);
    }
    std::erase_if(instance.waiting_,
                  [&](const auto& waiting) { return waiting.call->client == gone; });
    std::erase_if(instance.attached_, [&](const auto& other) { return other.client == gone; });
    instance.facts_.sessions = instance.attached_.size();
    if (instance.state_ != State::kReady) return;
    for (const auto& uri : uris) {
      if (instance.subscribed(uri)) continue;
      instance.ask("resources/unsubscribe", fmt::format(R"({{"uri":{}}})", base::json_quote(uri)),
                   instance.spec_.server->timeouts.call, [](base::Result<const Message*>) {});
    }
    std::vector<std::string> orphans;
    for (const auto& [id, asked] : instance.asked_) {
      if (asked.client == gone) orphans.push_back(id);
    }
    for (const auto& id : orphans)
      instance.reply(id, mcp::error(id, -32603, "the client ended its session"));
  });
}

}  // namespace gantry::fabric
