// For the tests of instances: clients that write down what they are told, and an instance of a
// scripted server.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fabric/instance.h"
#include "fabric/test_server.h"

namespace gantry::fabric {

/// Each thing told is one line: "answer 7: {…}", "failed 7: …", "within 7: {…}", "unasked: {…}",
/// "paused 7 250", "primed 7", "withdrawn 3".
class RecordingClient final : public Client {
 public:
  RecordingClient(transport::TestLoop& loop, std::uint64_t number) : loop_(loop), number_(number) {}

  [[nodiscard]] async::Loop& loop() override { return loop_.loop(); }
  void on_answer(const CallRef& call, const Message& message) override {
    note(fmt::format("answer {}: {}", call->id, message.bytes));
  }
  void on_call_failed(const CallRef& call, const base::Error& error) override {
    note(fmt::format("failed {}: {}", call->id, error.text()));
  }
  void on_server_message(const std::shared_ptr<Instance>&, const CallRef& within,
                         const Message& message) override {
    note(within ? fmt::format("within {}: {}", within->id, message.bytes)
                : fmt::format("unasked: {}", message.bytes));
  }
  void on_paused(const CallRef& call, base::Millis retry) override {
    note(fmt::format("paused {} {}", call->id, retry.count()));
  }
  void on_primed(const CallRef& call) override { note(fmt::format("primed {}", call->id)); }
  void on_withdrawn(const std::shared_ptr<Instance>&, const std::string& id,
                    const Message&) override {
    note(fmt::format("withdrawn {}", id));
  }
  void on_questions_void(const std::shared_ptr<Instance>&) override { ++voids; }
  [[nodiscard]] std::uint64_t number() const override { return number_; }

  /// Waits until something that starts so was told.
  [[nodiscard]] bool heard(std::string_view start) {
    return loop_.wait([&] { return count(start) > 0; });
  }
  [[nodiscard]] std::size_t count(std::string_view start) const {
    std::size_t found = 0;
    for (const auto& one : told) found += one.starts_with(start) ? 1U : 0U;
    return found;
  }

  std::vector<std::string> told;
  int voids = 0;  ///< how often its instance took back all that it asked

 private:
  void note(std::string line) {
    told.push_back(std::move(line));
    loop_.poke();
  }
  transport::TestLoop& loop_;
  std::uint64_t number_;
};

struct RecordingObserver final : InstanceObserver {
  void on_state(Instance&, State state, const base::Error& cause, base::Millis) override {
    states.emplace_back(name(state));
    if (state == State::kFailed) causes.push_back(cause.text());
  }
  void on_lists(Instance&, ListsRef read) override { lists.push_back(std::move(read)); }
  void on_asks_client(Instance&) override { ++asks; }
  void on_log_line(Instance&, std::string_view) override {}
  void on_garbage(Instance&) override { ++garbage; }

  std::vector<std::string> states;
  std::vector<std::string> causes;
  std::vector<ListsRef> lists;
  int asks = 0;
  int garbage = 0;
};

class InstanceTest : public testing::Test {
 protected:
  ~InstanceTest() override { end(); }

  void make(std::string key = "class:0:{}", bool take_turns = false) {
    runtime::Tools tools;
    tools.offload = &loop_.offload();
    InstanceSpec spec{.server = &config_,
                      .server_index = 0,
                      .id = "s/1",
                      .key = std::move(key),
                      .class_key = "{}",
                      .capabilities = R"({"sampling":{}})",
                      .client_info = R"({"name":"c","version":"2"})",
                      .take_turns = take_turns};
    instance_ = std::make_shared<Instance>(loop_.loop(), tools, std::move(spec), observer_);
  }
  void end() {
    if (!instance_) return;
    bool gone = false;
    loop_.on([&] { instance_->stop([&] { gone = true; }); });
    ASSERT_TRUE(loop_.wait([&] { return gone; }));
    loop_.on([&] { instance_.reset(); });
  }
  std::shared_ptr<RecordingClient> client(std::uint64_t number = 1) {
    auto made = std::make_shared<RecordingClient>(loop_, number);
    instance_->attach(made);
    return made;
  }
  CallRef call(const std::shared_ptr<RecordingClient>& from, std::string_view body,
               Edit edit = {}) {
    const auto at = mcp::scan(body).value();
    auto made = std::make_shared<Call>();
    made->client = from;
    made->id = at.id.in(body);
    made->token = at.meta_token.in(body);
    made->method = mcp::method_of(mcp::decode_string(at.method.in(body)));
    loop_.on([&] { instance_->call(made, {.bytes = body, .at = at}, std::move(edit)); });
    return made;
  }
  static std::string tool_call(std::string_view id, std::string_view token = {}) {
    const auto meta =
        token.empty() ? std::string() : fmt::format(R"(,"_meta":{{"progressToken":{}}})", token);
    return fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{"name":"t"{}}}}})", id, meta);
  }
  [[nodiscard]] bool ready() {
    loop_.on([&] { instance_->start(); });
    return loop_.wait([&] { return instance_->facts().state == State::kReady; });
  }

  transport::TestLoop loop_;
  McpServer server_{loop_};
  config::Server config_ = server_.config("s");
  RecordingObserver observer_;
  std::shared_ptr<Instance> instance_;
};

}  // namespace gantry::fabric
