// What goes to the client: answers under its own ids, progress under its own tokens, what servers
// ask and tell.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "gateway/session.h"
#include "mcp/compose.h"
#include "mcp/splice.h"
#include "observe/log.h"

namespace gantry::gateway {
namespace {

using mcp::Method;

constexpr std::size_t kMostStreams = 256;  // that a client may come back to
constexpr std::size_t kMostTasks = 10'000;
constexpr std::size_t kMostUris = 10'000;

/// The string value of every member "uri" in a document. Off the usual path: only results that hold
/// one are read so.
std::vector<mcp::Span> uris_in(std::string_view text) {
  std::vector<mcp::Span> found;
  constexpr std::string_view kMember = "\"uri\"";
  for (auto at = text.find(kMember); at != std::string_view::npos;
       at = text.find(kMember, at + 1)) {
    const auto begin = text.find_first_not_of(" \t\r\n:", at + kMember.size());
    if (begin == std::string_view::npos || text[begin] != '"') continue;
    auto end = begin + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) continue;
    found.push_back(
        {.begin = static_cast<std::uint32_t>(begin), .end = static_cast<std::uint32_t>(end + 1)});
  }
  return found;
}

}  // namespace

/// Takes it off the list of calls in flight. False: it was answered or taken back before.
bool Session::close(SessionCall& call) {
  if (!std::exchange(call.open, false)) return false;
  calls_.erase(call.place);
  context_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  last_used_ = loop_.now();
  return true;
}

void Session::respond(const CallPtr& call, std::string_view result) {
  if (!close(*call)) return;
  call->stream->answer(log_, {mcp::result(call->id, result)});
}

void Session::respond_error(const CallPtr& call, int code, std::string_view text,
                            std::string_view data) {
  if (!close(*call)) return;
  call->stream->answer(log_, {mcp::error(call->id, code, text, data)});
}

void Session::on_answer(const fabric::CallRef& call, const Message& message) {
  const auto mine = std::static_pointer_cast<SessionCall>(call);
  if (!close(*mine)) return;
  const auto& at = message.at;
  if (place().merged) learn_from(*mine, message);
  const auto& stream = mine->stream;
  if (!stream->connected() && !stream->has_events())
    context_.dropped_answers.fetch_add(1, std::memory_order_relaxed);
  const bool list = mine->method == Method::kToolsList && !place().merged;
  if (at.raw_newline || list || !at.id.present() || rewrites_uris(*mine, message))
    return write_answer(mine, message);
  stream->answer(log_, {message.bytes.substr(at.whole.begin, at.id.begin - at.whole.begin),
                        mine->id, message.bytes.substr(at.id.end, at.whole.end - at.id.end)});
}

/// Whether some URI of that server goes by another name here, and one may stand in the result.
bool Session::rewrites_uris(const SessionCall& call, const Message& message) const {
  if (!view_ || !message.at.result.present()) return false;
  const auto first = view_->seen_uris.lower_bound({call.server, std::string()});
  if (first == view_->seen_uris.end() || first->first.first != call.server) return false;
  return message.at.result.in(message.bytes).find("\"uri\"") != std::string_view::npos;
}

std::string Session::with_seen_uris(std::size_t server, std::string text) const {
  auto spans = uris_in(text);
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    const auto seen = view_->seen_uris.find({server, mcp::decode_string(span->in(text))});
    if (seen == view_->seen_uris.end()) continue;
    text.replace(span->begin, span->end - span->begin, base::json_quote(seen->second));
  }
  return text;
}

/// The answers that need more than their id replaced.
void Session::write_answer(const CallPtr& call, const Message& message) {
  std::string out;
  if (!message.at.id.present()) {
    out = mcp::error(call->id, -32603, "the server answered without an id",
                     message.at.error.in(message.bytes));
  } else {
    mcp::Splice splice(message.bytes, message.at.whole);
    splice.add(message.at.id, call->id);
    const auto shorter = filtered(*call, message);
    if (!shorter.empty()) splice.add(message.at.result, shorter);
    splice.append_to(out);
    if (rewrites_uris(*call, message)) out = with_seen_uris(call->server, std::move(out));
  }
  if (message.at.raw_newline) out = mcp::fold_newlines(out);
  call->stream->answer(log_, {out});
}

/// The result of tools/list of the one server, without the tools that its rules forbid; empty where
/// nothing is to do.
std::string Session::filtered(const SessionCall& call, const Message& message) const {
  const auto& rules = server_config(call.server).tools;
  if (call.method != Method::kToolsList || (rules.allow.empty() && rules.deny.empty())) return {};
  const auto result = message.at.result.in(message.bytes);
  const auto whole = mcp::member(result, "tools");
  if (whole.empty()) return {};
  std::string tools;
  for (const auto& item : mcp::list_items(result, "tools", "name")) {
    if (allowed(rules, item.key)) tools.append(tools.empty() ? "" : ",").append(item.raw);
  }
  const auto begin = static_cast<std::size_t>(whole.data() - result.data());
  return std::string(result).replace(begin, whole.size(), "[" + tools + "]");
}

/// On merged endpoints: which server a task or a URI in a result came from.
void Session::learn_from(const SessionCall& call, const Message& message) {
  if (message.at.result_task_id.present() && tasks_.size() < kMostTasks) {
    tasks_[mcp::decode_string(message.at.result_task_id.in(message.bytes))] = call.server;
  }
  const auto result = message.at.result.in(message.bytes);
  if (result.find("\"uri\"") == std::string_view::npos) return;
  for (const auto span : uris_in(result)) {
    auto uri = mcp::decode_string(span.in(result));
    if (seen_uris_.size() < kMostUris || seen_uris_.contains(uri))
      seen_uris_[std::move(uri)] = call.server;
  }
}

void Session::on_call_failed(const fabric::CallRef& call, const base::Error& error) {
  const auto mine = std::static_pointer_cast<SessionCall>(call);
  const auto& name = server_config(mine->server).name;
  auto data = fmt::format(R"({{"server":{})", base::json_quote(name));
  if (!error.hint.empty()) data += fmt::format(R"(,"hint":{})", base::json_quote(error.hint));
  respond_error(mine, base::row(error.code).json_rpc_code, error.text(), data + "}");
}

void Session::on_paused(const fabric::CallRef& call, base::Millis retry) {
  const auto mine = std::static_pointer_cast<SessionCall>(call);
  if (!mine->open || !priming() || mine->stream->done()) return;
  keep(mine->stream);
  mine->stream->pause(log_, retry);
}

void Session::on_questions_void(const std::shared_ptr<fabric::Instance>& instance) {
  std::erase_if(asked_, [&](const auto& one) { return one.second.instance.lock() == instance; });
}

/// So that this client can come back for the answer as well.
void Session::on_primed(const fabric::CallRef& call) {
  const auto mine = std::static_pointer_cast<SessionCall>(call);
  if (!mine->open || !priming() || !mine->stream->connected()) return;
  keep(mine->stream);
  mine->stream->begin_events(log_, true);
}

/// From now on a client may come back to this stream.
void Session::keep(const std::shared_ptr<Stream>& stream) {
  streams_.emplace(stream->number(), stream);
  if (streams_.size() <= kMostStreams) return;
  const auto old = std::ranges::find_if(
      streams_, [&](const auto& one) { return one.second->done() && !one.second->connected(); });
  if (old != streams_.end()) streams_.erase(old);
}

std::shared_ptr<Stream> Session::stream_for(const fabric::CallRef& within) {
  if (!within) return standing_;
  const auto call = std::static_pointer_cast<SessionCall>(within);
  // A client that went away before anything was sent has no way back to that stream.
  if (!call->open || (!call->stream->connected() && !call->stream->has_events())) return standing_;
  return call->stream;
}

void Session::push(const std::shared_ptr<Stream>& stream, std::string_view message) {
  if (ended_) return;
  if (stream == standing_) {
    if (!stream->has_events()) {
      log_.add(0, message);  // given when the client opens the stream
      return;
    }
    const bool carried = stream->connected();
    stream->push(log_, message);
    if (carried) standing_sent_ = log_.last();
    return;
  }
  keep(stream);
  stream->begin_events(log_, priming());
  stream->push(log_, message);
}

void Session::on_server_message(const std::shared_ptr<fabric::Instance>& instance,
                                const fabric::CallRef& within, const Message& message) {
  if (ended_) return;
  if (message.at.kind == mcp::Kind::kRequest) return on_server_request(instance, within, message);
  const auto method = mcp::method_of(mcp::decode_string(message.at.method.in(message.bytes)));
  if (!wants(*instance, method, message)) return;
  mcp::Splice splice(message.bytes, message.at.whole);
  std::string uri;
  if (method == Method::kProgress) {
    const auto call = std::static_pointer_cast<SessionCall>(within);
    if (!call->open) return;
    splice.add(message.at.progress_token, call->token);
  } else if (method == Method::kResourcesUpdated && view_) {
    const auto given = mcp::decode_string(message.at.uri.in(message.bytes));
    const auto seen = view_->seen_uris.find({instance->spec().server_index, given});
    if (seen != view_->seen_uris.end()) {
      uri = base::json_quote(seen->second);
      splice.add(message.at.uri, uri);
    }
  }
  std::string out;
  splice.append_to(out);
  push(stream_for(within), message.at.raw_newline ? mcp::fold_newlines(out) : out);
}

bool Session::wants(const fabric::Instance& instance, Method method, const Message& message) const {
  switch (method) {
    case Method::kToolsListChanged:
    case Method::kPromptsListChanged:
    case Method::kResourcesListChanged:
      return !place().merged;  // the merged view tells of its own changes
    case Method::kMessage: {
      const int level =
          fabric::log_level_of(mcp::decode_string(message.at.level.in(message.bytes)));
      return level < 0 || level >= level_ || !place().merged;
    }
    case Method::kTasksStatus:
      return instance.spec().key.starts_with("session:") || !place().merged ||
             tasks_.contains(mcp::decode_string(message.at.task_id.in(message.bytes)));
    default:
      return true;
  }
}

void Session::on_server_request(const std::shared_ptr<fabric::Instance>& instance,
                                const fabric::CallRef& within, const Message& message) {
  const auto number = next_asked_++;
  const auto id = std::to_string(number);
  const auto stream = stream_for(within);
  asked_[number] = {.instance = instance,
                    .server_id = std::string(message.at.id.in(message.bytes)),
                    .token = std::string(message.at.meta_token.in(message.bytes)),
                    .stream = stream};
  mcp::Splice splice(message.bytes, message.at.whole);
  splice.add(message.at.id, id);
  if (message.at.meta_token.present()) splice.add(message.at.meta_token, id);
  std::string out;
  splice.append_to(out);
  push(stream, message.at.raw_newline ? mcp::fold_newlines(out) : out);
}

void Session::on_withdrawn(const std::shared_ptr<fabric::Instance>& instance, const std::string& id,
                           const Message& message) {
  const auto found = std::ranges::find_if(asked_, [&](const auto& one) {
    return one.second.server_id == id && one.second.instance.lock() == instance;
  });
  if (found == asked_.end()) return;
  mcp::Splice splice(message.bytes, message.at.whole);
  const auto number = std::to_string(found->first);
  splice.add(message.at.request_id, number);
  std::string out;
  splice.append_to(out);
  const auto stream = found->second.stream;
  asked_.erase(found);
  push(stream, message.at.raw_newline ? mcp::fold_newlines(out) : out);
}

}  // namespace gantry::gateway
