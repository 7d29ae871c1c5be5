// What a client says: requests find their server, notifications and answers go to whom they belong.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "gateway/session.h"
#include "mcp/compose.h"
#include "mcp/splice.h"

namespace gantry::gateway {
namespace {

using fabric::Edit;
using mcp::Method;

constexpr int kUnknownResource = -32002;

/// The kind of list that a method asks for; kListKinds where it asks for none.
std::size_t list_of(Method method) {
  switch (method) {
    case Method::kToolsList:
      return 0;
    case Method::kPromptsList:
      return 1;
    case Method::kResourcesList:
      return 2;
    case Method::kResourcesTemplatesList:
      return 3;
    default:
      return fabric::kListKinds;
  }
}

}  // namespace

void Session::receive(std::vector<Message> messages, bool batch,
                      const std::shared_ptr<net::Exchange>& exchange) {
  last_used_ = loop_.now();
  const auto is_request = [](const Message& one) { return one.at.kind == mcp::Kind::kRequest; };
  const auto due = static_cast<std::size_t>(std::ranges::count_if(messages, is_request));
  if (due == 0) exchange->respond(202, "", "");
  const auto kind = batch ? Stream::Kind::kBatch : Stream::Kind::kSingle;
  const auto stream = due == 0 ? nullptr : std::make_shared<Stream>(next_stream_++, kind, due);
  if (stream) stream->connect(exchange);
  for (const auto& message : messages) {
    if (ended_) return;
    if (is_request(message)) {
      on_request(message, stream);
    } else if (message.at.kind == mcp::Kind::kNotification) {
      on_client_notification(message);
    } else {
      on_client_answer(message);
    }
  }
}

void Session::on_request(const Message& message, const std::shared_ptr<Stream>& stream) {
  auto call = std::make_shared<SessionCall>();
  std::string room;
  call->client = shared_from_this();
  call->stream = stream;
  call->id = message.at.id.in(message.bytes);
  call->token = message.at.meta_token.in(message.bytes);
  call->method = mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes), room));
  call->place = calls_.insert(calls_.end(), call);
  const auto most = context_.config.gateway.limits.in_flight;
  if (context_.in_flight.fetch_add(1, std::memory_order_relaxed) >= most) {
    return respond_error(call, -32000,
                         fmt::format("limits.in_flight: {} calls are in flight", most));
  }
  if (call->method == Method::kPing) return respond(call, "{}");
  if (call->method == Method::kInitialize)
    return respond_error(call, -32600, "this session is initialized already");
  if (place().merged)
    return wait_for_view(
        [self = shared_from_this(), call,
         own = view_ ? nullptr : std::make_shared<fabric::OwnMessage>(message),
         now = view_ ? &message : nullptr] { self->route(call, own ? own->view() : *now); });
  if (call->method == Method::kToolsCall && refuse_denied_tool(call, message)) return;
  forward(call, message, place().servers.front(), {});
}

bool Session::refuse_denied_tool(const CallPtr& call, const Message& message) {
  const auto& rules = server_config(place().servers.front()).tools;
  if (rules.allow.empty() && rules.deny.empty()) return false;
  const auto tool = mcp::decode_string(message.at.name.in(message.bytes));
  if (allowed(rules, tool)) return false;
  respond_error(call, -32602, fmt::format("Unknown tool: {}", tool));
  return true;
}

void Session::route(const CallPtr& call, const Message& message) {
  if (const auto kind = list_of(call->method); kind < fabric::kListKinds)
    return list(call, message, kind);
  switch (call->method) {
    case Method::kToolsCall:
      return route_named(call, message, view_->tools, "tool");
    case Method::kPromptsGet:
      return route_named(call, message, view_->prompts, "prompt");
    case Method::kResourcesRead:
    case Method::kResourcesSubscribe:
    case Method::kResourcesUnsubscribe:
      return route_uri(call, message);
    case Method::kCompletionComplete:
      return route_completion(call, message);
    case Method::kLoggingSetLevel:
      return set_level(call, message);
    case Method::kTasksGet:
    case Method::kTasksResult:
    case Method::kTasksCancel:
    case Method::kTasksList:
      return route_task(call, message);
    default:
      break;
  }
  if (place().servers.size() == 1) return forward(call, message, place().servers.front(), {});
  const auto method = mcp::decode_string(message.at.method.in(message.bytes));
  respond_error(call, -32601,
                fmt::format("Method not found: {} (of many servers none can be meant; "
                            "/servers/NAME/mcp passes it on)",
                            method));
}

void Session::route_named(const CallPtr& call, const Message& message, const Routes& routes,
                          std::string_view kind) {
  std::string room;
  const auto name = mcp::decode_string(message.at.name.in(message.bytes), room);
  if (const auto found = routes.find(name); found != routes.end()) {
    return forward(call, message, found->second.server,
                   {.span = message.at.name, .text = found->second.name});
  }
  if (!message.at.name.present()) return respond_error(call, -32602, "params.name is missing");
  std::string why;
  for (const auto& one : view_->missing) {
    if (!name.starts_with(one.server + "__")) continue;
    if (one.starting) return route_once_settled(call, message, one.server);
    why = fmt::format(" (server '{}': {})", one.server, one.cause);
  }
  if (view_->waiting) return route_once_settled(call, message, {});
  respond_error(call, why.empty() ? -32602 : -32000,
                fmt::format("Unknown {}: {}{}", kind, name, why));
}

std::optional<Route> Session::find_uri(const std::string& uri) const {
  if (const auto found = view_->resources.find(uri); found != view_->resources.end())
    return found->second;
  for (const auto& one : view_->templates) {
    if (matches_template(uri, mcp::decode_string(one.name)))
      return Route{.server = one.server, .name = base::json_quote(uri)};
  }
  if (const auto seen = seen_uris_.find(uri); seen != seen_uris_.end()) {
    return Route{.server = seen->second, .name = base::json_quote(uri)};
  }
  if (place().servers.size() == 1)
    return Route{.server = place().servers.front(), .name = base::json_quote(uri)};
  return std::nullopt;
}

void Session::route_uri(const CallPtr& call, const Message& message) {
  if (!message.at.uri.present()) return respond_error(call, -32602, "params.uri is missing");
  const auto uri = mcp::decode_string(message.at.uri.in(message.bytes));
  if (const auto found = find_uri(uri)) {
    return forward(call, message, found->server, {.span = message.at.uri, .text = found->name});
  }
  if (view_->waiting) return route_once_settled(call, message, {});
  respond_error(call, kUnknownResource, fmt::format("Resource not found: {}", uri),
                fmt::format(R"({{"uri":{}}})", base::json_quote(uri)));
}

void Session::route_completion(const CallPtr& call, const Message& message) {
  if (message.at.ref_name.present()) {
    const auto name = mcp::decode_string(message.at.ref_name.in(message.bytes));
    if (const auto found = view_->prompts.find(name); found != view_->prompts.end()) {
      return forward(call, message, found->second.server,
                     {.span = message.at.ref_name, .text = found->second.name});
    }
    return respond_error(call, -32602, fmt::format("Unknown prompt: {}", name));
  }
  const auto uri = mcp::decode_string(message.at.ref_uri.in(message.bytes));
  const auto quoted = base::json_quote(uri);
  const auto exact = std::ranges::find(view_->templates, quoted, &Route::name);
  if (exact != view_->templates.end()) return forward(call, message, exact->server, {});
  if (const auto found = find_uri(uri)) {
    return forward(call, message, found->server, {.span = message.at.ref_uri, .text = found->name});
  }
  respond_error(call, -32602,
                "params.ref names neither a prompt nor a resource template that is known");
}

void Session::route_task(const CallPtr& call, const Message& message) {
  if (call->method != Method::kTasksList) {
    const auto id = mcp::decode_string(message.at.task_id.in(message.bytes));
    const auto found = tasks_.find(id);
    if (found != tasks_.end()) return forward(call, message, found->second, {});
    return respond_error(call, -32602, fmt::format("Unknown task: {}", id));
  }
  std::set<std::size_t> servers;
  for (const auto& [id, server] : tasks_) servers.insert(server);
  if (servers.empty()) return respond(call, R"({"tasks":[]})");
  if (servers.size() == 1) return forward(call, message, *servers.begin(), {});
  respond_error(call, -32601,
                "tasks/list over several servers is not available; /servers/NAME/mcp lists each");
}

void Session::set_level(const CallPtr& call, const Message& message) {
  const auto name = mcp::decode_string(message.at.level.in(message.bytes));
  const int level = fabric::log_level_of(name);
  if (level < 0) return respond_error(call, -32602, fmt::format("Unknown log level: '{}'", name));
  level_ = level;
  level_name_ = name;
  for (const auto& [server, bound] : bound_) {
    if (bound.instance) bound.instance->set_level(shared_from_this(), name);
  }
  respond(call, "{}");
}

/// Answers a list from the view; while a server is starting it is given a moment.
void Session::list(const CallPtr& call, const Message& message, std::size_t kind) {
  if (message.at.cursor.present())
    return respond_error(call, -32602, "Unknown cursor: lists are given whole here");
  const auto unknown = view_->unknown;  // a copy: asking may change the view at once
  for (const auto server : unknown) bind(server, [](const auto&) {});
  if (!view_->waiting) return answer_list(call, kind);
  wait_until_settled({}, [self = shared_from_this(), call, kind] {
    if (call->open) self->answer_list(call, kind);
  });
}

/// The name or URI may be of a server whose lists are on their way. Afterwards what is known
/// decides.
void Session::route_once_settled(const CallPtr& call, const Message& message, std::string server) {
  const auto unknown = view_->unknown;
  for (const auto one : unknown) bind(one, [](const auto&) {});
  wait_until_settled(std::move(server),
                     [self = shared_from_this(), call, own = fabric::OwnMessage(message)] {
                       if (!call->open) return;
                       auto settled = std::make_shared<Snapshot>(*self->view_);
                       settled->waiting = false;
                       for (auto& one : settled->missing) one.starting = false;
                       const auto kept = std::exchange(self->view_, settled);
                       self->route(call, own.view());
                       if (self->view_ == settled) self->view_ = kept;
                     });
}

std::string Session::list_result(std::size_t kind) const {
  std::string meta;
  for (const auto& one : view_->missing) {
    meta += fmt::format("{}{{\"server\":{},\"cause\":{}}}", meta.empty() ? "" : ",",
                        base::json_quote(one.server), base::json_quote(one.cause));
  }
  if (!meta.empty()) meta = fmt::format(R"("_meta":{{"gantry/missing":[{}]}})", meta);
  if (kind >= fabric::kListKinds) return "{" + meta + "}";
  return fmt::format("{{{}:{}{}{}}}", base::json_quote(fabric::list_kind(kind).member),
                     view_->lists.at(kind), meta.empty() ? "" : ",", meta);
}

void Session::answer_list(const CallPtr& call, std::size_t kind) {
  respond(call, list_result(kind));
}

void Session::forward(const CallPtr& call, const Message& message, std::size_t server, Edit edit) {
  call->server = server;
  if (const auto found = bound_.find(server); found != bound_.end() && found->second.instance) {
    call->instance = found->second.instance;
    return found->second.instance->call(call, message, std::move(edit));
  }
  bind(server, [self = shared_from_this(), call, own = fabric::OwnMessage(message),
                change = std::move(edit)](auto got) mutable {
    if (!call->open) return;
    if (!got) return self->on_call_failed(call, got.error());
    call->instance = *got;
    (*got)->call(call, own.view(), std::move(change));
  });
}

void Session::on_client_notification(const Message& message) {
  switch (mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes)))) {
    case Method::kInitialized:
      return;
    case Method::kCancelled:
      return on_client_cancel(message);
    case Method::kProgress: {
      const auto number = base::parse_number(message.at.progress_token.in(message.bytes));
      const auto found = asked_.find(number.value_or(0));
      if (found == asked_.end() || found->second.token.empty()) return;
      if (const auto instance = found->second.instance.lock()) {
        instance->notify(message, {.span = message.at.progress_token, .text = found->second.token});
      }
      return;
    }
    default:
      break;
  }
  for (const auto& [server, bound] : bound_) {
    if (bound.instance) bound.instance->notify(message, {});
  }
}

void Session::on_client_cancel(const Message& message) {
  const auto id = message.at.request_id.in(message.bytes);
  // The latest of that id: some clients use one id for many calls at once.
  for (auto at = calls_.rbegin(); at != calls_.rend(); ++at) {
    const auto call = at->lock();
    if (!call || call->id != id || !call->open) continue;
    const auto stream = call->stream;
    close(*call);
    if (const auto instance = call->instance.lock()) instance->cancel(call, message);
    return stream->give_up_one();
  }
}

void Session::on_client_answer(const Message& message) {
  const auto number = base::parse_number(message.at.id.in(message.bytes));
  const auto found = asked_.find(number.value_or(0));
  if (found == asked_.end()) return;  // withdrawn meanwhile, or never asked
  const auto asked = std::move(found->second);
  asked_.erase(found);
  const auto instance = asked.instance.lock();
  if (!instance) return;
  mcp::Splice splice(message.bytes, message.at.whole);
  splice.add(message.at.id, asked.server_id);
  std::string out;
  splice.append_to(out);
  instance->reply(asked.server_id, message.at.raw_newline ? mcp::fold_newlines(out) : out);
}

void Session::listen(std::shared_ptr<net::Exchange> exchange, std::string_view last_event_id) {
  last_used_ = loop_.now();
  const auto from = EventId::parse(last_event_id);
  if (from && from->stream != 0) {
    if (const auto found = streams_.find(from->stream); found != streams_.end()) {
      return found->second->resume(std::move(exchange), log_, from->sequence);
    }
    return exchange->respond(
        400, kJsonHeaders,
        mcp::error("null", -32600, "Last-Event-ID is of no stream that is kept"));
  }
  if (!standing_->connected()) context_.streams.fetch_add(1);
  exchange->on_gone = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->last_used_ = self->loop_.now();
      self->context_.streams.fetch_sub(1);
    }
  };
  const auto sent = from && from->stream == 0 ? from->sequence : standing_sent_;
  standing_->resume(std::move(exchange), log_, sent);
  standing_sent_ = log_.last();
}

}  // namespace gantry::gateway
