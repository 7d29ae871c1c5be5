// What comes from the server: answers to their callers, requests to the client they are meant for,
// notifications to whom they concern.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "fabric/instance.h"
#include "mcp/compose.h"
#include "observe/log.h"

namespace gantry::fabric {

namespace {

constexpr std::size_t kLastLines = 5;

RequestId number_of(std::string_view token) { return base::parse_number(token).value_or(0); }

std::string roots_result(const config::Roots& roots) {
  std::string out = R"({"roots":[)";
  for (const auto& root : roots.fixed) {
    out.append(&root == roots.fixed.data() ? "" : ",")
        .append(R"({"uri":)")
        .append(base::json_quote(root.uri));
    if (!root.name.empty()) out.append(R"(,"name":)").append(base::json_quote(root.name));
    out.append("}");
  }
  return out.append("]}");
}

}  // namespace

void Instance::on_message(const Message& message, RequestId within) {
  switch (message.at.kind) {
    case mcp::Kind::kResult:
    case mcp::Kind::kError:
      return on_response(message, within);
    case mcp::Kind::kRequest:
      return on_request(message, within);
    case mcp::Kind::kNotification:
      return on_notification(message, within);
  }
}

void Instance::on_response(const Message& message, RequestId within) {
  const auto token = message.at.id.in(message.bytes);
  const auto id = token.empty() || token == "null" ? within : number_of(token);
  if (id == kHandshake) return on_initialized(&message);
  auto* pending = pending_.find(id);
  if (pending == nullptr) return;  // taken back or timed out meanwhile
  if (pending->inquiry) {
    auto inquiry = std::move(pending->inquiry);
    finish(*pending);
    return inquiry(&message);
  }
  const auto call = pending->call;
  if (message.at.kind == mcp::Kind::kError && !pending->uri.empty()) {
    // The subscription did not come about.
    if (auto* one = attached(*call->client)) one->uris.erase(pending->uri);
  }
  finish(*pending);
  auto& loop = call->client->loop();
  if (loop.is_current()) return call->client->on_answer(call, message);
  loop.post([call, own = OwnMessage(message)] { call->client->on_answer(call, own.view()); });
}

void Instance::on_request_failed(RequestId id, base::Error error, net::Sent) {
  if (id == kHandshake) return on_initialized(std::unexpected(std::move(error)));
  auto* pending = pending_.find(id);
  if (pending == nullptr) return;
  if (pending->inquiry) {
    auto inquiry = std::move(pending->inquiry);
    finish(*pending);
    return inquiry(std::unexpected(std::move(error)));
  }
  const auto call = pending->call;
  finish(*pending);
  if (error.context.empty()) error = named(std::move(error));
  fail_call(call, std::move(error));
}

void Instance::on_session_lost(RequestId id, std::string body) {
  auto* pending = pending_.find(id);
  if (pending != nullptr && std::exchange(pending->resent, true)) {
    return on_request_failed(
        id, base::fail(base::Code::kUnavailable, "it lost its session twice").error(),
        net::Sent::kMaybe);
  }
  if (pending != nullptr) resend_.emplace_back(id, std::move(body));
  if (state_ != State::kReady) return;
  observe::info("server.session_lost", {{"server", spec_.server->name}, {"instance", spec_.id}});
  runtime_->forget_session();
  set_state(State::kStarting);
  timer_.arm(loop_.wheel(), spec_.server->timeouts.start, [this] {
    give_up(base::fail(base::Code::kTimeout, "it did not answer initialize").error());
  });
  handshake();
}

void Instance::on_paused(RequestId within, base::Millis retry) {
  auto* pending = pending_.find(within);
  if (pending == nullptr || !pending->call) return;
  pending->call->client->loop().dispatch(
      [call = pending->call, retry] { call->client->on_paused(call, retry); });
}

void Instance::on_primed(RequestId within) {
  auto* pending = pending_.find(within);
  if (pending == nullptr || !pending->call) return;
  pending->call->client->loop().dispatch([call = pending->call] { call->client->on_primed(call); });
}

void Instance::on_garbage(std::string_view text, std::string_view why) {
  observe::warn("server.garbage", {{"server", spec_.server->name}, {"why", why}, {"text", text}});
  observer_.on_garbage(*this);
}

void Instance::on_log_line(std::string_view line) {
  last_lines_.emplace_back(line.substr(0, 300));
  if (last_lines_.size() > kLastLines) last_lines_.pop_front();
  observer_.on_log_line(*this, line);
}

void Instance::on_closed(base::Error error) { on_ended(std::move(error)); }

void Instance::on_request(const Message& message, RequestId within) {
  const auto method = mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes)));
  const std::string id(message.at.id.in(message.bytes));
  auto& connector = *runtime_->connector();
  if (method == mcp::Method::kPing) return connector.notify(mcp::result(id, "{}"));
  const auto& roots = spec_.server->roots;
  if (method == mcp::Method::kRootsList && !roots.from_client) {
    return connector.notify(mcp::result(id, roots_result(roots)));
  }
  const bool shared = !spec_.key.starts_with("session:");
  if (shared) observer_.on_asks_client(*this);
  auto whom = whom_to_ask(within);
  if (!whom) return connector.notify(mcp::error(id, -32603, whom.error().message));
  auto& [client, call] = *whom;
  const auto inside = call ? call->upstream : 0;
  if (!asked_.emplace(id, Asked{.client = client, .within = inside}).second) {
    return connector.notify(mcp::error(id, -32600, "this id is in use by another request"));
  }
  if (auto* pending = pending_.find(inside)) {
    ++pending->asking;
    arm_deadline(*pending);
  }
  tell(client, call, message);
}

/// A request on the stream of a call belongs to its client. Elsewhere it is known only where one
/// client can be meant.
base::Result<std::pair<ClientRef, CallRef>> Instance::whom_to_ask(RequestId within) {
  if (auto* pending = pending_.find(within); pending != nullptr && pending->call) {
    return std::pair{pending->call->client, pending->call};
  }
  std::vector<Attached*> calling;
  for (auto& one : attached_) {
    if (one.in_flight > 0) calling.push_back(&one);
  }
  if (calling.size() == 1) return std::pair{calling.front()->client, calling.front()->latest};
  if (calling.empty() && attached_.size() == 1)
    return std::pair{attached_.front().client, CallRef()};
  return base::fail(
      base::Code::kUnavailable,
      fmt::format("{} sessions share this server and it cannot be known which one is asked",
                  calling.empty() ? attached_.size() : calling.size()),
      "set `share: session` for it");
}

void Instance::tell(const ClientRef& client, const CallRef& within, const Message& message) {
  auto& loop = client->loop();
  if (loop.is_current()) return client->on_server_message(shared_from_this(), within, message);
  loop.post([self = shared_from_this(), client, within, own = OwnMessage(message)] {
    client->on_server_message(self, within, own.view());
  });
}

void Instance::tell_all(const Message& message) {
  std::vector<ClientRef> clients;
  for (const auto& one : attached_) clients.push_back(one.client);
  for (const auto& client : clients) tell(client, nullptr, message);
}

void Instance::on_notification(const Message& message, RequestId within) {
  using mcp::Method;
  const auto text = mcp::decode_string(message.at.method.in(message.bytes));
  switch (mcp::method_of(text)) {
    case Method::kProgress:
      return on_progress(message);
    case Method::kMessage:
      return on_log_message(message, within);
    case Method::kResourcesUpdated:
      return on_updated(message);
    case Method::kToolsListChanged:
    case Method::kPromptsListChanged:
    case Method::kResourcesListChanged:
      return on_list_changed(text, message);
    case Method::kCancelled: {
      const std::string id(message.at.request_id.in(message.bytes));
      const auto asked = asked_.find(id);
      if (asked == asked_.end()) return;
      const auto client = asked->second.client;
      const auto inside = asked->second.within;
      asked_.erase(asked);
      no_longer_asked(inside);
      return client->loop().dispatch(
          [self = shared_from_this(), client, id, own = OwnMessage(message)] {
            client->on_withdrawn(self, id, own.view());
          });
    }
    default:
      break;
  }
  if (auto* pending = pending_.find(within); pending != nullptr && pending->call) {
    return tell(pending->call->client, pending->call, message);
  }
  tell_all(message);
}

/// Only to who asked for progress, and none after the answer: the token is the id of a call in
/// flight.
void Instance::on_progress(const Message& message) {
  auto* pending = pending_.find(number_of(message.at.progress_token.in(message.bytes)));
  if (pending == nullptr || !pending->call || pending->call->token.empty()) return;
  arm_deadline(*pending);
  const auto call = pending->call;
  tell(call->client, call, message);
}

void Instance::on_log_message(const Message& message, RequestId within) {
  if (auto* pending = pending_.find(within); pending != nullptr && pending->call) {
    return tell(pending->call->client, pending->call, message);
  }
  const int level = log_level_of(mcp::decode_string(message.at.level.in(message.bytes)));
  std::vector<std::pair<ClientRef, CallRef>> calling;
  std::vector<std::pair<ClientRef, CallRef>> all;
  for (auto& one : attached_) {
    if (one.level > level && level >= 0) continue;
    all.emplace_back(one.client, nullptr);
    if (one.in_flight > 0) calling.emplace_back(one.client, one.latest);
  }
  // While one client's calls run, what the server logs is taken to be about them.
  for (const auto& [client, call] : calling.size() == 1 ? calling : all)
    tell(client, call, message);
}

void Instance::on_updated(const Message& message) {
  const auto uri = mcp::decode_string(message.at.uri.in(message.bytes));
  std::vector<ClientRef> clients;
  for (const auto& one : attached_) {
    // The one that is named may be a part of the one that was subscribed to.
    if (std::ranges::any_of(one.uris,
                            [&](const auto& wanted) { return uri.starts_with(wanted); })) {
      clients.push_back(one.client);
    }
  }
  for (const auto& client : clients) tell(client, nullptr, message);
}

void Instance::on_list_changed(std::string_view method, const Message& message) {
  for (std::size_t kind = 0; kind < announced_.size(); ++kind) {
    if (list_kind(kind).changed == method) ++announced_.at(kind);
  }
  read_lists();
  tell_all(message);
}

}  // namespace gantry::fabric
