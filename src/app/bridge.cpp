#include "app/bridge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "mcp/compose.h"
#include "mcp/items.h"
#include "mcp/splice.h"
#include "observe/log.h"

namespace gantry::app {
namespace {

using mcp::Method;
using transport::kHandshake;

constexpr base::Millis kFirstRetry{100};
constexpr unsigned kMostTries = 12;  // 100 ms doubling to 5 s: about half a minute
constexpr base::Millis kMostRetry{5000};
constexpr unsigned kTriesBeforeStart = 4;  // about a second
/// Answers that are due when the client closes its side are waited for so long.
constexpr base::Millis kLastAnswers{30'000};
constexpr base::Millis kGoodbye{200};

/// What may be asked twice without doing anything twice.
bool is_safe(Method method) {
  switch (method) {
    case Method::kToolsList:
    case Method::kPromptsList:
    case Method::kPromptsGet:
    case Method::kResourcesList:
    case Method::kResourcesTemplatesList:
    case Method::kResourcesRead:
    case Method::kResourcesSubscribe:
    case Method::kResourcesUnsubscribe:
    case Method::kCompletionComplete:
    case Method::kLoggingSetLevel:
    case Method::kPing:
    case Method::kTasksGet:
    case Method::kTasksList:
    case Method::kInitialize:
      return true;
    default:
      return false;
  }
}

std::string with_id(const transport::Message& message, mcp::Span span, std::string_view id) {
  mcp::Splice splice(message.bytes, message.at.whole);
  if (span.present()) splice.add(span, id);
  std::string out;
  splice.append_to(out);
  return message.at.raw_newline ? mcp::fold_newlines(out) : out;
}

}  // namespace

Bridge::Bridge(net::ClientContext context, BridgeTarget target, base::Fd input, base::Fd output)
    : context_(std::move(context)),
      target_(std::move(target)),
      input_(std::move(input)),
      output_(std::move(output)) {}

Bridge::~Bridge() = default;

void Bridge::start() {
  gateway_ = std::make_unique<transport::HttpConnector>(context_, target_.url, target_.headers,
                                                        gateway_side_, transport::HttpLimits{});
  // The same pipes from the other end: what is its stdin is our output.
  client_ = std::make_unique<transport::StdioConnector>(context_.loop, std::move(output_),
                                                        std::move(input_), base::Fd(), client_side_,
                                                        transport::StdioLimits{});
  client_->drain();
}

void Bridge::Client::on_garbage(std::string_view text, std::string_view why) {
  owner.to_client(mcp::error("null", -32700, fmt::format("Parse error: {}", why)));
  observe::warn("client.garbage", {{"why", why}, {"text", text}});
}

void Bridge::Gateway::on_garbage(std::string_view text, std::string_view why) {
  observe::debug("gateway.garbage", {{"why", why}, {"text", text}});
}

void Bridge::to_client(std::string_view message) { client_->notify(message); }

void Bridge::from_client(const transport::Message& message) {
  if (message.at.kind == mcp::Kind::kRequest) return request(message);
  std::string out = with_id(message, {}, {});
  if (message.at.kind == mcp::Kind::kNotification) {
    const auto method = mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes)));
    if (method == Method::kInitialized) return;  // said by us, each time a session is made
    if (method == Method::kCancelled) {
      const auto id = message.at.request_id.in(message.bytes);
      const auto found =
          std::ranges::find_if(waiting_, [&](const auto& one) { return one.second.id == id; });
      if (found == waiting_.end()) return;
      out = with_id(message, message.at.request_id, std::to_string(found->first));
      waiting_.erase(found);
    }
  }
  if (up_) {
    gateway_->notify(out);
  } else {
    held_notices_.push_back(std::move(out));
  }
}

void Bridge::request(const transport::Message& message) {
  const auto method = mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes)));
  const bool handshake = method == Method::kInitialize;
  if (handshake && !initialize_.empty()) {
    return to_client(
        mcp::error(message.at.id.in(message.bytes), -32600, "this session is initialized already"));
  }
  const auto id = handshake ? kHandshake : next_++;
  auto& waiting = waiting_[id];
  waiting = {.id = std::string(message.at.id.in(message.bytes)),
             .body = with_id(message, message.at.id, std::to_string(id)),
             .method = method};
  if (handshake) {
    initialize_ = waiting.body;
    return gateway_->request(kHandshake, initialize_);
  }
  if (initialize_.empty()) {
    answer_error(waiting, base::fail(base::Code::kInvalid, "initialize comes first").error());
    waiting_.erase(id);
  } else if (up_) {
    gateway_->request(id, waiting.body);
  } else {
    held_.push_back(id);
    if (!reconnecting_ && was_up_) reconnect();
  }
}

void Bridge::from_gateway(const transport::Message& message, transport::RequestId within) {
  const bool answer = message.at.kind == mcp::Kind::kResult || message.at.kind == mcp::Kind::kError;
  if (!answer) return to_client(with_id(message, {}, {}));
  auto id = base::parse_number(message.at.id.in(message.bytes)).value_or(within);
  if (id == kHandshake) return initialized(message);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const auto waiting = std::move(found->second);
  waiting_.erase(found);
  // A refusal before the message was read (a limit, a token) has no id of ours.
  if (base::parse_number(message.at.id.in(message.bytes))) {
    to_client(with_id(message, message.at.id, waiting.id));
  } else {
    const auto error = message.at.error.in(message.bytes);
    to_client(fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{}}})", waiting.id, error));
  }
  finish_if_done();
}

/// The session stands, for the first time or again.
void Bridge::initialized(const transport::Message& message) {
  const auto first = waiting_.find(kHandshake);
  if (message.at.kind == mcp::Kind::kError) {
    if (first == waiting_.end()) return retry_later();
    to_client(with_id(message, message.at.id, first->second.id));
    waiting_.erase(first);
    initialize_.clear();  // the client may try again
    return;
  }
  const auto result = message.at.result.in(message.bytes);
  const auto revision = mcp::decode_string(mcp::member(result, "protocolVersion"));
  gateway_->notify(mcp::notification("notifications/initialized"));
  gateway_->established(revision);
  up_ = true;
  reconnecting_ = false;
  tries_ = 0;
  if (first != waiting_.end()) {
    to_client(with_id(message, message.at.id, first->second.id));
    waiting_.erase(first);
  }
  if (std::exchange(was_up_, true)) {
    // The lists may be others now.
    for (const std::string list : {"tools", "prompts", "resources"}) {
      if (mcp::member(mcp::member(result, "capabilities"), list).empty()) continue;
      to_client(mcp::notification(fmt::format("notifications/{}/list_changed", list)));
    }
  }
  flush_held();
  finish_if_done();
}

void Bridge::flush_held() {
  for (const auto& notice : std::exchange(held_notices_, {})) gateway_->notify(notice);
  for (const auto id : std::exchange(held_, {})) {
    if (const auto found = waiting_.find(id); found != waiting_.end())
      gateway_->request(id, found->second.body);
  }
}

/// A request got no answer: asked again where that does no harm, as soon as there is a session
/// again.
void Bridge::failed(transport::RequestId id, base::Error error, net::Sent sent) {
  // What answers with a status is there; what cannot be reached, or breaks off, has to be found
  // again.
  const bool lost = sent == net::Sent::kNever || error.code == base::Code::kUnavailable;
  if (id == kHandshake) return handshake_failed(std::move(error), lost);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const bool again = lost && (sent == net::Sent::kNever || is_safe(found->second.method));
  if (again) {
    held_.push_back(id);
  } else {
    answer_error(found->second, error);
    waiting_.erase(found);
  }
  if (lost) retry_later();
  finish_if_done();
}

void Bridge::handshake_failed(base::Error error, bool lost) {
  if (lost) return retry_later();
  // The gateway is there and refuses: everybody who waits is told so.
  up_ = false;
  reconnecting_ = false;
  held_.clear();
  for (const auto& [number, waiting] : std::exchange(waiting_, {})) answer_error(waiting, error);
  if (!was_up_) initialize_.clear();
  finish_if_done();
}

void Bridge::answer_error(const Waiting& waiting, const base::Error& error) {
  const auto data = error.hint.empty()
                        ? std::string()
                        : fmt::format(R"({{"hint":{}}})", base::json_quote(error.hint));
  to_client(mcp::error(waiting.id, base::row(error.code).json_rpc_code, error.text(), data));
}

void Bridge::session_lost(transport::RequestId id, std::string) {
  if (id != 0 && waiting_.contains(id)) held_.push_back(id);
  if (std::exchange(reconnecting_, true)) return;
  reconnect();
}

void Bridge::retry_later() {
  if (retry_.armed()) return;
  up_ = false;
  reconnecting_ = true;
  if (tries_ >= kMostTries) {
    tries_ = 0;
    return handshake_failed(
        base::fail(base::Code::kUnavailable, "the gateway cannot be reached").error(), false);
  }
  const auto wait = std::min(kFirstRetry * (1U << std::min(tries_++, 10U)), kMostRetry);
  retry_.arm(context_.loop.wheel(), wait, [this] { reconnect(); });
}

void Bridge::reconnect() {
  up_ = false;
  reconnecting_ = true;
  if (initialize_.empty()) return;
  // Somebody waits and nobody answers: a gateway is started, as at the beginning.
  if (target_.restart && !held_.empty() && tries_ == kTriesBeforeStart) {
    context_.offload.run(context_.loop, target_.restart, [](bool) {});
  }
  gateway_->forget_session();
  gateway_->abandon(kHandshake);
  gateway_->request(kHandshake, initialize_);
}

void Bridge::input_ended() {
  ending_ = true;
  end_.arm(context_.loop.wheel(), kLastAnswers, [this] { context_.loop.stop(); });
  finish_if_done();
}

void Bridge::finish_if_done() {
  if (!ending_ || !waiting_.empty()) return;
  gateway_->end_session();
  leave();
}

/// Once the last answer is out and the goodbye had its moment.
void Bridge::leave() {
  end_.arm(context_.loop.wheel(), kGoodbye, [this] {
    if (!client_->flushed()) return leave();
    context_.loop.stop();
  });
}

}  // namespace gantry::app
