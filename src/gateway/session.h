// One legacy session (2024-11-05 … 2025-11-25): what the client said of itself, its streams, its
// calls in flight, what servers asked of it. Lives on its owner loop, which its id names;
// connections of its client move there.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fabric/fleet.h"
#include "gateway/catalogue.h"
#include "gateway/event_log.h"
#include "gateway/stream.h"
#include "mcp/revision.h"

namespace gantry::gateway {

class Session;

struct SessionCall final : fabric::Call {
  std::shared_ptr<Stream> stream;
  std::weak_ptr<fabric::Instance> instance;
  std::list<std::weak_ptr<SessionCall>>::iterator place;  // in Session::calls_
  std::size_t server = 0;
  bool open = true;  // neither answered nor taken back
};

/// Shared by all sessions of a gateway; counters are read on any thread.
struct SessionContext {
  fabric::Fleet& fleet;
  Catalogue& catalogue;
  const config::Config& config;
  const std::vector<Endpoint>& endpoints;
  std::atomic<std::size_t> sessions = 0;
  std::atomic<std::size_t> streams = 0;
  std::atomic<std::size_t> in_flight = 0;
  std::atomic<std::uint64_t> next_number = 1;
  std::atomic<std::uint64_t> dropped_answers = 0;  ///< nobody was there to take them
};

class Session final : public fabric::Client,
                      public Watcher,
                      public std::enable_shared_from_this<Session> {
 public:
  using Message = fabric::Message;

  Session(async::Loop& loop, SessionContext& context, std::size_t endpoint, std::string id,
          std::string principal);
  ~Session() override;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& principal() const { return principal_; }
  [[nodiscard]] std::size_t endpoint() const { return endpoint_; }
  [[nodiscard]] mcp::Revision revision() const { return revision_; }
  [[nodiscard]] bool idle_since(base::Instant limit) const;

  /// The first message. The exchange is answered once the view (or the one server) is known;
  /// `failed` when it is not.
  void initialize(const Message& message, std::shared_ptr<net::Exchange> exchange,
                  async::Task failed);
  /// One POST: requests are answered on `exchange`; without any it is answered with 202.
  void receive(std::vector<Message> messages, bool batch,
               const std::shared_ptr<net::Exchange>& exchange);
  /// A GET: the standing stream, or one that is taken up again.
  void listen(std::shared_ptr<net::Exchange> exchange, std::string_view last_event_id);
  /// Ends calls, streams and what servers asked; afterwards nothing refers to it.
  void end();
  void ping_streams();

  // fabric::Client
  [[nodiscard]] async::Loop& loop() override { return loop_; }
  void on_answer(const fabric::CallRef& call, const Message& message) override;
  void on_call_failed(const fabric::CallRef& call, const base::Error& error) override;
  void on_server_message(const std::shared_ptr<fabric::Instance>& instance,
                         const fabric::CallRef& within, const Message& message) override;
  void on_paused(const fabric::CallRef& call, base::Millis retry) override;
  void on_primed(const fabric::CallRef& call) override;
  void on_questions_void(const std::shared_ptr<fabric::Instance>& instance) override;
  void on_withdrawn(const std::shared_ptr<fabric::Instance>& instance, const std::string& id,
                    const Message& message) override;
  [[nodiscard]] std::uint64_t number() const override { return number_; }

  // Watcher
  void on_view(SnapshotRef view) override;
  [[nodiscard]] async::Loop& home() override { return loop_; }

 private:
  using CallPtr = std::shared_ptr<SessionCall>;
  /// A request of a server that this client was asked.
  struct Asked {
    std::weak_ptr<fabric::Instance> instance;
    std::string server_id;  ///< raw
    std::string token;      ///< the server's progress token, raw
    std::shared_ptr<Stream> stream;
  };
  struct Bound {
    std::shared_ptr<fabric::Instance> instance;
    std::vector<std::move_only_function<void(base::Result<std::shared_ptr<fabric::Instance>>)>>
        waiting;
    bool asked = false;
  };

  // session.cpp: life
  void finish_initialize(std::string result, const std::shared_ptr<net::Exchange>& exchange,
                         const std::string& id);
  void initialize_merged(const std::string& id, std::shared_ptr<net::Exchange> exchange);
  void initialize_single(const std::string& id, std::shared_ptr<net::Exchange> exchange,
                         async::Task failed);
  void wait_for_view(std::move_only_function<void()> then);
  void wait_until_settled(std::string server, std::move_only_function<void()> then);
  void settle_waiting(bool all);
  void route_once_settled(const CallPtr& call, const Message& message, std::string server);
  void bind(std::size_t server,
            std::move_only_function<void(base::Result<std::shared_ptr<fabric::Instance>>)> then);
  [[nodiscard]] const Endpoint& place() const { return context_.endpoints[endpoint_]; }
  [[nodiscard]] const config::Server& server_config(std::size_t server) const {
    return context_.config.servers[server];
  }
  void tell_lists_changed(const Snapshot& before, const Snapshot& now);

  // session_requests.cpp: what the client says
  void on_request(const Message& message, const std::shared_ptr<Stream>& stream);
  void on_client_notification(const Message& message);
  void on_client_answer(const Message& message);
  void on_client_cancel(const Message& message);
  void route(const CallPtr& call, const Message& message);
  void route_named(const CallPtr& call, const Message& message, const Routes& routes,
                   std::string_view kind);
  void route_uri(const CallPtr& call, const Message& message);
  void route_completion(const CallPtr& call, const Message& message);
  void route_task(const CallPtr& call, const Message& message);
  void set_level(const CallPtr& call, const Message& message);
  void list(const CallPtr& call, const Message& message, std::size_t kind);
  void answer_list(const CallPtr& call, std::size_t kind);
  [[nodiscard]] std::string list_result(std::size_t kind) const;
  void forward(const CallPtr& call, const Message& message, std::size_t server, fabric::Edit edit);
  [[nodiscard]] std::optional<Route> find_uri(const std::string& uri) const;
  bool refuse_denied_tool(const CallPtr& call, const Message& message);

  // session_answers.cpp: what goes to the client
  void respond(const CallPtr& call, std::string_view result);
  void respond_error(const CallPtr& call, int code, std::string_view text,
                     std::string_view data = {});
  void write_answer(const CallPtr& call, const Message& message);
  bool close(SessionCall& call);
  [[nodiscard]] bool rewrites_uris(const SessionCall& call, const Message& message) const;
  [[nodiscard]] std::string with_seen_uris(std::size_t server, std::string text) const;
  void learn_from(const SessionCall& call, const Message& message);
  [[nodiscard]] std::string filtered(const SessionCall& call, const Message& message) const;
  void push(const std::shared_ptr<Stream>& stream, std::string_view message);
  [[nodiscard]] std::shared_ptr<Stream> stream_for(const fabric::CallRef& within);
  void on_server_request(const std::shared_ptr<fabric::Instance>& instance,
                         const fabric::CallRef& within, const Message& message);
  [[nodiscard]] bool wants(const fabric::Instance& instance, mcp::Method method,
                           const Message& message) const;
  void keep(const std::shared_ptr<Stream>& stream);
  [[nodiscard]] bool priming() const { return mcp::has_priming_events(revision_); }

  async::Loop& loop_;
  SessionContext& context_;
  std::size_t endpoint_;
  std::string id_;
  std::string principal_;
  std::uint64_t number_;
  mcp::Revision revision_ = mcp::kNewestLegacy;
  std::string capabilities_ = "{}";
  std::string client_info_ = "{}";
  bool can_answer_ = false;
  bool ended_ = false;
  std::shared_ptr<net::Exchange> opening_;  // of the initialize that is not answered yet
  base::Instant last_used_;
  EventLog log_;
  std::uint64_t next_stream_ = 1;
  std::shared_ptr<Stream> standing_;
  std::uint64_t standing_sent_ = 0;  // the last event that a connected standing stream carried
  std::map<std::uint64_t, std::shared_ptr<Stream>>
      streams_;  // those that a client may come back to
  std::list<std::weak_ptr<SessionCall>> calls_;
  std::uint64_t next_asked_ = 1;
  std::map<std::uint64_t, Asked> asked_;
  std::map<std::size_t, Bound> bound_;
  SnapshotRef view_;
  std::vector<std::move_only_function<void()>> until_view_;
  /// Who waits for the view to be whole, or for one server's part of it.
  struct Patient {
    std::string server;  ///< empty: for all of it
    std::move_only_function<void()> then;
  };
  std::vector<Patient> until_settled_;
  async::Timer settle_timer_;
  int level_ = -1;
  std::string level_name_;
  std::unordered_map<std::string, std::size_t> tasks_;      // id → server
  std::unordered_map<std::string, std::size_t> seen_uris_;  // named in results, in no list → server
};

}  // namespace gantry::gateway
