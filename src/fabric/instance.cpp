// The life of an instance: start, handshake, restart, idle stop, end.
#include "fabric/instance.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"
#include "mcp/compose.h"
#include "mcp/revision.h"
#include "observe/log.h"

namespace gantry::fabric {
namespace {

/// A call waits for a restart that is due within this; for a later one it is told when.
constexpr base::Millis kWorthWaiting{1000};
constexpr base::Millis kIdleCheck{5000};

std::int64_t millis(base::Instant at) {
  return std::chrono::duration_cast<base::Millis>(at.time_since_epoch()).count();
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::kIdle:
      return "idle";
    case State::kStarting:
      return "starting";
    case State::kReady:
      return "ready";
    case State::kFailed:
      return "failed";
    case State::kStopping:
      return "stopping";
  }
  return "unknown";
}

Instance::Instance(async::Loop& loop, runtime::Tools tools, InstanceSpec spec,
                   InstanceObserver& observer)
    : loop_(loop),
      tools_(std::move(tools)),
      spec_(std::move(spec)),
      observer_(observer),
      backoff_(spec_.server->restart) {
  const bool local = std::holds_alternative<config::Command>(spec_.server->kind);
  runtime_ = local ? runtime::process_runtime(loop_, tools_, *spec_.server, *this)
                   : runtime::remote_runtime(loop_, tools_, *spec_.server, *this);
}

Instance::~Instance() = default;

base::Error Instance::named(base::Error error) const {
  error.context.push_back(fmt::format("server '{}'", spec_.server->name));
  return error;
}

void Instance::set_state(State state, base::Error cause, base::Millis next_try) {
  state_ = state;
  cause_ = std::move(cause);
  next_try_ = loop_.now() + next_try;
  facts_.state = state;
  facts_.pid = runtime_->pid();
  facts_.since_ms = millis(loop_.now());
  observer_.on_state(*this, state, cause_, next_try);
}

/// It is in use: now.
void Instance::touch() {
  last_used_ = loop_.now();
  facts_.last_used_ms.store(millis(last_used_), std::memory_order_relaxed);
}

void Instance::start() {
  loop_.dispatch([self = shared_from_this()] {
    if (self->state_ == State::kIdle && !self->stopping_) self->begin();
  });
}

void Instance::begin() {
  if (spec_.server->broken)
    return set_state(State::kFailed, *spec_.server->broken, base::Millis(0));
  touch();
  set_state(State::kStarting);
  observe::info("server.starting", {{"server", spec_.server->name}, {"instance", spec_.id}});
  const auto limit = spec_.server->timeouts.start;
  timer_.arm(loop_.wheel(), limit, [this, limit] {
    give_up(base::fail(
                base::Code::kTimeout,
                fmt::format("it did not answer initialize within {}", base::format_duration(limit)),
                "raise its timeouts.start if it is only slow")
                .error());
  });
  runtime_->start();
}

void Instance::on_running() {
  facts_.pid = runtime_->pid();
  handshake();
}

void Instance::handshake() {
  const auto params =
      fmt::format(R"({{"protocolVersion":"{}","capabilities":{},"clientInfo":{}}})",
                  mcp::name(mcp::kNewestLegacy), spec_.capabilities, spec_.client_info);
  runtime_->connector()->request(kHandshake, mcp::request(kHandshake, "initialize", params));
}

void Instance::on_initialized(base::Result<const Message*> answer) {
  if (state_ != State::kStarting) return;
  if (!answer) return give_up(std::move(answer).error());
  const auto& message = **answer;
  if (message.at.kind == mcp::Kind::kError) {
    const auto text =
        mcp::decode_string(mcp::member(message.at.error.in(message.bytes), "message"));
    return give_up(
        base::fail(base::Code::kUnavailable, fmt::format("it refuses initialize: {}", text))
            .error());
  }
  initialize_ = message.at.result.in(message.bytes);
  const auto revision = mcp::decode_string(mcp::member(initialize_, "protocolVersion"));
  if (!mcp::revision_of(revision)) {
    return give_up(
        base::fail(base::Code::kUnsupported,
                   fmt::format("it speaks revision '{}', which is not known here", revision))
            .error());
  }
  auto& connector = *runtime_->connector();
  connector.notify(mcp::notification("notifications/initialized"));
  connector.established(revision);
  become_ready();
}

void Instance::become_ready() {
  timer_.disarm();
  backoff_.started(loop_.now());
  set_state(State::kReady);
  observe::info("server.ready",
                {{"server", spec_.server->name}, {"instance", spec_.id}, {"pid", runtime_->pid()}});
  restore_on_server();
  for (auto& [id, body] : std::exchange(resend_, {})) {
    if (pending_.find(id) != nullptr) runtime_->connector()->request(id, body);
  }
  tell_watchers(initialize_);
  read_lists();
  flush_waiting();
  watch_idle();
}

/// What clients had set on the instance before it was started anew.
void Instance::restore_on_server() {
  const auto ignore = [](base::Result<const Message*>) {};
  const auto limit = spec_.server->timeouts.call;
  level_sent_.clear();
  const auto capabilities = mcp::member(initialize_, "capabilities");
  if (const auto level = level_wanted();
      !level.empty() && !mcp::member(capabilities, "logging").empty()) {
    level_sent_ = level;
    ask("logging/setLevel", fmt::format(R"({{"level":"{}"}})", level), limit, ignore);
  }
  std::set<std::string> uris;
  for (const auto& attached : attached_) uris.insert(attached.uris.begin(), attached.uris.end());
  for (const auto& uri : uris) {
    ask("resources/subscribe", fmt::format(R"({{"uri":{}}})", base::json_quote(uri)), limit,
        ignore);
  }
}

void Instance::flush_waiting() {
  // Each is started as if it came now: turns and limits hold for it as well.
  for (auto& one : std::exchange(waiting_, {}))
    start_call(one.call, one.message.view(), std::move(one.edit));
}

/// It cannot go on with what runs: that is stopped, and tried again later.
void Instance::give_up(base::Error cause) {
  timer_.disarm();
  set_state(State::kStopping, cause);
  runtime_->stop([self = weak_from_this(), why = std::move(cause)]() mutable {
    const auto instance = self.lock();
    if (instance && !instance->stopping_) instance->on_ended(std::move(why));
  });
}

void Instance::on_ended(base::Error cause) {
  if (stopping_) return;
  timer_.disarm();
  if (!last_lines_.empty()) {
    cause.message += "; it said last: ";
    for (const auto& line : last_lines_)
      cause.message.append(&line == &last_lines_.front() ? "" : " | ").append(line);
  }
  last_lines_.clear();
  auto told = named(cause);
  set_state(State::kFailed, std::move(cause));
  fail_all(told);
  schedule_restart();
}

void Instance::schedule_restart() {
  const auto wait =
      backoff_.failed(loop_.now(), static_cast<double>(base::random_below(1000)) / 1000);
  facts_.restarts.fetch_add(1, std::memory_order_relaxed);
  set_state(State::kFailed, std::move(cause_), wait);
  observe::warn("server.failed", {{"server", spec_.server->name},
                                  {"instance", spec_.id},
                                  {"cause", cause_.text()},
                                  {"failures", backoff_.failures()},
                                  {"next_try_ms", wait.count()}});
  timer_.arm(loop_.wheel(), wait, [this] { begin(); });
  if (!hopeful()) {
    fail_waiting(named(cause_));
    tell_watchers(std::unexpected(named(cause_)));
  }
}

bool Instance::hopeful() const {
  if (keeping_) return true;
  if (stopping_) return false;
  if (state_ != State::kFailed) return true;
  // The first failure of a server that ran is worth a moment; a server that keeps failing is not.
  return timer_.armed() && backoff_.failures() < 4 && next_try_ - loop_.now() <= kWorthWaiting &&
         !initialize_.empty();
}

void Instance::fail_waiting(const base::Error& cause) {
  for (auto& one : std::exchange(waiting_, {})) fail_call(one.call, cause);
  facts_.waiting_turns = 0;
}

void Instance::stop(async::Task then) {
  loop_.dispatch([self = shared_from_this(), done = std::move(then)]() mutable {
    self->keeping_ = false;
    self->halt(std::move(done));
  });
}

/// Ends what runs. Who waits goes on waiting while keeping_, else is told.
void Instance::halt(async::Task then) {
  const bool running = state_ != State::kIdle && state_ != State::kFailed;
  stopping_ = true;
  timer_.disarm();
  idle_timer_.disarm();
  const auto cause = base::fail(base::Code::kUnavailable, "it was stopped").error();
  set_state(State::kStopping, cause);
  fail_all(named(cause));
  if (!keeping_) {
    fail_waiting(named(cause));
    tell_watchers(std::unexpected(named(cause)));
  }
  auto finish = [self = shared_from_this(), after = std::move(then)]() mutable {
    self->stopping_ = false;
    self->keeping_ = false;
    self->set_state(State::kIdle);
    after();
  };
  if (!running) return finish();
  runtime_->stop(std::move(finish));
}

void Instance::restart() {
  loop_.dispatch([self = shared_from_this()] {
    self->keeping_ = true;
    self->halt([self] {
      self->facts_.restarts.fetch_add(1, std::memory_order_relaxed);
      self->begin();
    });
  });
}

void Instance::watch_idle() {
  const auto limit = spec_.server->idle_stop;
  if (limit.count() == 0) return;
  idle_timer_.arm(loop_.wheel(), std::clamp(limit, base::Millis(100), kIdleCheck),
                  [this] { consider_idle(); });
}

void Instance::consider_idle() {
  const auto limit = spec_.server->idle_stop;
  const bool in_use =
      pending_.size() > 0 || !waiting_.empty() ||
      std::ranges::any_of(attached_, [](const auto& one) { return !one.uris.empty(); }) ||
      (spec_.key.starts_with("session:") && !attached_.empty());
  const bool due = limit.count() > 0 && spec_.server->start == config::Start::kLazy &&
                   loop_.now() - last_used_ >= limit;
  if (state_ == State::kReady && due && !in_use) {
    observe::info("server.idle_stop", {{"server", spec_.server->name}, {"instance", spec_.id}});
    keeping_ = true;
    return halt([this] {
      if (!waiting_.empty() || !watchers_.empty()) begin();
    });
  }
  watch_idle();
}

void Instance::when_ready(ClientRef client,
                          std::move_only_function<void(base::Result<std::string>)> then) {
  loop_.dispatch(
      [self = shared_from_this(), watcher = Watcher{std::move(client), std::move(then)}]() mutable {
        auto& instance = *self;
        if (instance.state_ == State::kIdle && !instance.stopping_) instance.begin();
        if (instance.state_ == State::kReady || !instance.hopeful())
          return instance.answer_ready(std::move(watcher));
        instance.watchers_.push_back(std::move(watcher));
      });
}

void Instance::answer_ready(Watcher watcher) {
  base::Result<std::string> outcome = initialize_;
  if (state_ != State::kReady) outcome = std::unexpected(named(cause_));
  auto& loop = watcher.client->loop();
  loop.dispatch([then = std::move(watcher.then), given = std::move(outcome)]() mutable {
    then(std::move(given));
  });
}

void Instance::tell_watchers(const base::Result<std::string>& outcome) {
  for (auto& watcher : std::exchange(watchers_, {})) {
    auto& loop = watcher.client->loop();
    loop.dispatch(
        [then = std::move(watcher.then), given = outcome]() mutable { then(std::move(given)); });
  }
}

void Instance::attach(ClientRef client) {
  loop_.dispatch([self = shared_from_this(), one = std::move(client)]() mutable {
    self->attached_.push_back(
        {.client = std::move(one), .in_flight = 0, .latest = {}, .level = -1, .uris = {}});
    self->facts_.sessions = self->attached_.size();
    self->touch();
  });
}

Instance::Attached* Instance::attached(const Client& client) {
  const auto found =
      std::ranges::find_if(attached_, [&](const auto& one) { return one.client.get() == &client; });
  return found == attached_.end() ? nullptr : &*found;
}

}  // namespace gantry::fabric
