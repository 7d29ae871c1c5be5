// One running instance of a server and the MCP session with it: handshake, calls under ids of our
// own, what the server says on its own account, lists, restart. Lives on one loop; the public
// methods may be called on any.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fabric/call.h"
#include "fabric/lists.h"
#include "fabric/pending.h"
#include "runtime/backoff.h"
#include "runtime/runtime.h"

namespace gantry::fabric {

/// The place of a log level in the protocol's order, 0 the most verbose; -1: none of them.
[[nodiscard]] int log_level_of(std::string_view name);

enum class State : std::uint8_t { kIdle, kStarting, kReady, kFailed, kStopping };
[[nodiscard]] std::string_view name(State state);

/// What the rest of the program may know of an instance: read on any thread.
struct InstanceFacts {
  std::atomic<State> state = State::kIdle;
  std::atomic<pid_t> pid = 0;
  std::atomic<std::size_t> sessions = 0;
  std::atomic<std::size_t> in_flight = 0;
  std::atomic<std::size_t> waiting_turns = 0;
  std::atomic<std::uint64_t> restarts = 0;
  std::atomic<std::int64_t> since_ms = 0;      ///< steady clock, when the state was entered
  std::atomic<std::int64_t> last_used_ms = 0;  ///< steady clock
};

/// Whom an instance tells of itself; called on the instance's loop.
class InstanceObserver {
 public:
  virtual void on_state(Instance& instance, State state, const base::Error& cause,
                        base::Millis next_try) = 0;
  virtual void on_lists(Instance& instance, ListsRef lists) = 0;
  /// The server asked something of its client: from now on who can answer gets an instance of his
  /// own.
  virtual void on_asks_client(Instance& instance) = 0;
  virtual void on_log_line(Instance& instance, std::string_view line) = 0;
  virtual void on_garbage(Instance& instance) = 0;

 protected:
  ~InstanceObserver() = default;
};

struct InstanceSpec {
  const config::Server* server = nullptr;
  std::size_t server_index = 0;
  std::string id;   ///< "everything/1"
  std::string key;  ///< whom it serves: "shared", "class:…", "session:7"
  std::string
      class_key;  ///< the capabilities it declares, canonical: under which its lists are kept
  std::string capabilities;  ///< raw JSON
  std::string client_info;   ///< raw JSON
  bool take_turns = false;   ///< one session's calls at a time
};

class Instance final : public runtime::Owner, public std::enable_shared_from_this<Instance> {
 public:
  Instance(async::Loop& loop, runtime::Tools tools, InstanceSpec spec, InstanceObserver& observer);
  ~Instance();

  [[nodiscard]] const InstanceSpec& spec() const { return spec_; }
  [[nodiscard]] const InstanceFacts& facts() const { return facts_; }
  [[nodiscard]] async::Loop& loop() { return loop_; }

  void start();
  /// Nothing of it is left when `then` runs (on its loop). Every waiting call is answered with an
  /// error.
  void stop(async::Task then);
  /// Stops and starts it anew; calls in flight fail, later ones wait.
  void restart();
  void attach(ClientRef client);
  /// Its calls in flight are cancelled, its subscriptions end.
  void detach(ClientRef client);

  /// Sends a request on, under an id of our own. The client is answered exactly once.
  void call(const CallRef& call, const Message& message, Edit edit);
  /// The most that a client wants to hear of the server's log, where it is not asked for by a call.
  void set_level(ClientRef client, std::string level);
  /// The client takes a call back; `message` is its notifications/cancelled. No answer follows.
  void cancel(const CallRef& call, const Message& message);
  /// A notification of a client.
  void notify(const Message& message, Edit edit);
  /// The client's answer to the server's request with the raw id `server_id`; `bytes` carries that
  /// id.
  void reply(std::string server_id, std::string bytes);
  /// `then` gets the raw result of initialize once the instance is ready, or why it is not; on
  /// `client`'s loop.
  void when_ready(ClientRef client, std::move_only_function<void(base::Result<std::string>)> then);

 private:
  struct Attached {
    ClientRef client;
    std::size_t in_flight = 0;
    CallRef latest;
    int level = -1;  ///< of logging/setLevel; -1: never said
    std::set<std::string> uris;
  };
  struct Waiting {
    CallRef call;
    OwnMessage message;
    Edit edit;
  };
  struct Asked {
    ClientRef client;
    RequestId within = 0;
  };
  struct Watcher {
    ClientRef client;
    std::move_only_function<void(base::Result<std::string>)> then;
  };

  // instance.cpp: life
  void begin();
  void touch();
  void halt(async::Task then);
  void set_state(State state, base::Error cause = {}, base::Millis next_try = {});
  void handshake();
  void on_initialized(base::Result<const Message*> answer);
  void become_ready();
  void give_up(base::Error cause);
  void schedule_restart();
  void fail_waiting(const base::Error& cause);
  void restore_on_server();
  void flush_waiting();
  void tell_watchers(const base::Result<std::string>& outcome);
  void answer_ready(Watcher watcher);
  [[nodiscard]] base::Error named(base::Error error) const;
  [[nodiscard]] bool hopeful() const;
  void watch_idle();
  void consider_idle();
  // instance_lists.cpp
  void read_lists();
  void read_page(std::size_t kind, std::string cursor, unsigned pages);
  void next_kind(std::size_t kind);
  void note_refused(std::size_t kind, const base::Result<const Message*>& answer);
  // instance_calls.cpp
  void start_call(const CallRef& call, const Message& message, Edit edit);
  void send_call(const CallRef& call, const Message& message, const Edit& edit);
  void send(const Message& message, Pending& pending, const Edit& edit);
  bool answer_here(const CallRef& call, const Message& message, const Edit& edit);
  bool set_level(Attached& attached, const CallRef& call, const Message& message);
  bool subscribe(Attached& attached, const CallRef& call, std::string uri);
  bool unsubscribe(Attached& attached, const CallRef& call, const std::string& uri);
  [[nodiscard]] bool subscribed(const std::string& uri) const;
  [[nodiscard]] std::string level_wanted() const;
  void answer_empty(const CallRef& call);
  void fail_call(const CallRef& call, base::Error error);
  void finish(Pending& pending);
  void next_turn();
  void ask(std::string_view method, std::string_view params, base::Millis limit, Inquiry inquiry);
  void arm_deadline(Pending& pending);
  void no_longer_asked(RequestId within);
  void on_deadline(RequestId id);
  void cancel_upstream(RequestId id, std::string_view reason);
  void fail_all(const base::Error& cause);
  [[nodiscard]] Attached* attached(const Client& client);
  // instance_upward.cpp: what the server says
  void on_message(const Message& message, RequestId within) override;
  void on_request_failed(RequestId id, base::Error error, net::Sent sent) override;
  void on_session_lost(RequestId id, std::string body) override;
  void on_paused(RequestId within, base::Millis retry) override;
  void on_primed(RequestId within) override;
  void on_garbage(std::string_view text, std::string_view why) override;
  void on_log_line(std::string_view line) override;
  void on_closed(base::Error error) override;
  void on_running() override;
  void on_ended(base::Error cause) override;
  void on_response(const Message& message, RequestId within);
  void on_request(const Message& message, RequestId within);
  void on_notification(const Message& message, RequestId within);
  void on_progress(const Message& message);
  void on_log_message(const Message& message, RequestId within);
  void on_updated(const Message& message);
  void on_list_changed(std::string_view method, const Message& message);
  [[nodiscard]] base::Result<std::pair<ClientRef, CallRef>> whom_to_ask(RequestId within);
  void tell(const ClientRef& client, const CallRef& within, const Message& message);
  void tell_all(const Message& message);

  async::Loop& loop_;
  runtime::Tools tools_;
  InstanceSpec spec_;
  InstanceObserver& observer_;
  InstanceFacts facts_;
  std::unique_ptr<runtime::Runtime> runtime_;
  runtime::Backoff backoff_;
  State state_ = State::kIdle;
  base::Error cause_;
  base::Instant next_try_{};
  async::Timer timer_;  // of the start, or until the next try
  async::Timer idle_timer_;
  base::Instant last_used_{};
  PendingTable pending_;
  std::deque<Waiting> waiting_;  // until it is ready, or until it is their turn
  ClientRef turn_;
  std::vector<Attached> attached_;
  std::vector<Watcher> watchers_;
  std::string initialize_;  // raw result
  std::string level_sent_;
  std::map<std::string, Asked> asked_;  // by the raw id of the server's own request
  std::vector<std::pair<RequestId, std::string>> resend_;  // after a new handshake
  std::array<std::uint64_t, 3> announced_{};
  std::shared_ptr<Lists> reading_;
  std::deque<std::string> last_lines_;  // of stderr
  std::string out_;
  bool reread_ = false;
  bool reading_lists_ = false;
  bool stopping_ = false;
  bool keeping_ = false;  // of a stop that is followed by a start: who waits goes on waiting
};

}  // namespace gantry::fabric
