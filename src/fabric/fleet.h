// All servers and their instances: which instance serves whom (`share`), limits, what was learned
// of each server, and what `status` says of them. Lives on the control loop (the first); acquire()
// may be called on any.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fabric/instance.h"

namespace gantry::fabric {

/// Who wants an instance.
struct Want {
  std::size_t server = 0;
  ClientRef client;
  std::string capabilities;  ///< of the client, raw JSON as it declared them
  std::string client_info;   ///< raw JSON
  bool can_answer = false;   ///< it declared something that servers may ask for
};

struct LogLine {
  std::string at;  ///< RFC 3339
  std::string text;
};

/// One server as `status` shows it.
struct ServerFacts {
  State state = State::kIdle;
  std::string cause;
  std::string hint;
  std::optional<base::Instant> next_try;
  bool asks_client = false;
  std::uint64_t garbage = 0;
  std::deque<LogLine> log;
  ListsRef lists;  ///< the last known, of whatever capabilities
  std::vector<std::shared_ptr<Instance>> instances;
};

/// Told on the control loop.
class FleetObserver {
 public:
  virtual void on_lists(std::size_t server, const std::string& class_key) = 0;
  virtual void on_server_state(std::size_t server) = 0;

 protected:
  ~FleetObserver() = default;
};

struct FleetLimits {
  std::size_t instances = 64;
  std::size_t a_server = 32;
};

class Fleet final : public InstanceObserver {
 public:
  Fleet(std::vector<async::Loop*> loops, runtime::Tools tools,
        const std::vector<config::Server>& servers, FleetLimits limits,
        std::filesystem::path state_folder);
  ~Fleet();

  void observe(FleetObserver& observer) { observer_ = &observer; }
  /// Eager servers are started; servers whose lists nobody knows are started once to learn them.
  void start();
  /// Ends every instance; `then` when all are gone.
  void stop(async::Task then);

  using Acquired = std::move_only_function<void(base::Result<std::shared_ptr<Instance>>)>;
  /// The instance for a client, attached to it, started when needed; `then` on the client's loop.
  void acquire(Want want, Acquired then);
  /// Any loop.
  void release(std::shared_ptr<Instance> instance, ClientRef client);

  // On the control loop:
  [[nodiscard]] const std::vector<config::Server>& servers() const { return servers_; }
  [[nodiscard]] const ServerFacts& facts(std::size_t server) const { return facts_.at(server); }
  /// The lists for clients of these capabilities; else the last known of any; else null.
  [[nodiscard]] ListsRef lists(std::size_t server, const std::string& class_key) const;
  [[nodiscard]] bool has_lists_of(std::size_t server, const std::string& class_key) const;
  /// Live or stored lists, or a named failure.
  [[nodiscard]] bool settled(std::size_t server) const;
  /// It failed and has not come up since: nobody waits for it.
  [[nodiscard]] bool failing(std::size_t server) const;
  void restart(std::size_t server);
  void set_log_listener(std::function<void(std::size_t, const LogLine&)> listener) {
    log_listener_ = std::move(listener);
  }
  [[nodiscard]] async::Loop& loop() { return *loops_.front(); }

  /// The capabilities to declare to a server for a client that declared `capabilities`: the same,
  /// but for roots.
  [[nodiscard]] static std::string declared(const config::Server& server,
                                            const std::string& capabilities);

  // InstanceObserver, on the instance's loop
  void on_state(Instance& instance, State state, const base::Error& cause,
                base::Millis next_try) override;
  void on_lists(Instance& instance, ListsRef lists) override;
  void on_asks_client(Instance& instance) override;
  void on_log_line(Instance& instance, std::string_view line) override;
  void on_garbage(Instance& instance) override;

 private:
  using InstanceRef = std::shared_ptr<Instance>;
  base::Result<InstanceRef> pick(const Want& want);
  base::Result<InstanceRef> make(const Want& want, std::string key, std::string capabilities,
                                 bool of_client);
  [[nodiscard]] InstanceRef find(std::size_t server, const std::string& key) const;
  [[nodiscard]] std::string key_for(const Want& want, const std::string& capabilities) const;
  [[nodiscard]] std::size_t count() const;
  void make_room(std::size_t server);
  void forget(const InstanceRef& instance);
  void summarize(std::size_t server);
  void learn(std::size_t server);
  void keep_lists(std::size_t server, const ListsRef& lists) const;
  void save_learned() const;
  void load_learned();

  std::vector<async::Loop*> loops_;
  runtime::Tools tools_;
  const std::vector<config::Server>& servers_;
  FleetLimits limits_;
  std::filesystem::path state_folder_;
  FleetObserver* observer_ = nullptr;
  std::vector<ServerFacts> facts_;
  std::vector<std::map<std::string, ListsRef>> lists_;  // by server, by class
  std::function<void(std::size_t, const LogLine&)> log_listener_;
  std::uint64_t next_instance_ = 1;
  std::size_t next_loop_ = 0;
  std::map<const Instance*, std::size_t> clients_;  // attached, or about to be
  std::vector<InstanceRef> ending_;                 // no longer of a server, not yet gone
  async::Task stopped_;
  bool stopping_ = false;
};

}  // namespace gantry::fabric
