#include "gateway/front.h"

#include <fmt/format.h>

#include "base/random.h"
#include "base/strings.h"
#include "mcp/compose.h"

namespace gantry::gateway {
namespace {

constexpr std::string_view kSessionHeader = "mcp-session-id";
constexpr std::size_t kSessionBytes = 18;
constexpr std::size_t kMostBatch = 1000;

void refuse(const std::shared_ptr<net::Exchange>& exchange, int status, int code,
            std::string_view text, std::string_view id = "null", std::string_view headers = {}) {
  const auto lines = fmt::format("{}{}", kJsonHeaders, headers);
  exchange->respond(status, lines, mcp::error(id, code, text));
}

/// Whether the parameters of a media range say q=0: not this one.
bool is_refused(std::string_view parameters) {
  for (const auto one : base::split(parameters, ';')) {
    const auto text = base::trim(one);
    if (text.starts_with("q=0") && text.find_first_not_of("0.", 2) == std::string_view::npos)
      return true;
  }
  return false;
}

/// Whether an Accept header takes a type. None at all takes everything (RFC 9110 12.5.1), but the
/// protocol wants it said.
bool accepts(const net::RequestHead& head, std::string_view type) {
  const auto group = type.substr(0, type.find('/'));
  for (const auto& header : head.headers) {
    if (!base::iequals(header.name, "accept")) continue;
    for (const auto part : base::split(header.value, ',')) {
      const auto range = base::trim(part.substr(0, part.find(';')));
      if (is_refused(part.substr(std::min(range.size(), part.size())))) continue;
      if (range == "*/*" || base::iequals(range, type)) return true;
      if (range.ends_with("/*") && base::iequals(range.substr(0, range.size() - 2), group))
        return true;
    }
  }
  return false;
}

/// A header that is there twice is as good as a wrong one.
std::optional<std::string_view> only(const net::RequestHead& head, std::string_view name) {
  return head.headers.count(name) > 1 ? "," : head.headers.find(name);
}

bool has_json_body(const net::RequestHead& head) {
  const auto type = head.headers.find("content-type");
  return type && base::iequals(base::trim(type->substr(0, type->find(';'))), "application/json");
}

/// What the control loop answers is asked there.
bool of_control(std::string_view path) {
  return path.starts_with("/api/") || path.starts_with("/health");
}

}  // namespace

Front::Front(async::Loop& loop, SessionContext& context, const policy::Access& access,
             std::size_t loops, Extra extra)
    : loop_(loop), context_(context), access_(access), loops_(loops), extra_(std::move(extra)) {
  for (std::size_t at = 0; at < context.endpoints.size(); ++at)
    paths_.emplace(context.endpoints[at].path, at);
}

mcp::ScanLimits Front::limits() const {
  const auto& limits = context_.config.gateway.limits;
  return {.depth = limits.depth, .bytes = limits.body};
}

/// A session id is LOOP-RANDOM: its connections go where it lives. Whether it exists is seen there.
int Front::loop_for(const net::RequestHead& head, const net::Entrance&, int here) {
  if (of_control(head.path)) return 0;
  const auto id = head.headers.find(kSessionHeader);
  if (!id) return here;
  const auto owner = base::parse_number(id->substr(0, id->find('-')));
  return owner && *owner < loops_ ? static_cast<int>(*owner) : here;
}

void Front::serve(const net::RequestHead& head, std::string_view body,
                  const net::Entrance& entrance, std::shared_ptr<net::Exchange> exchange) {
  const policy::Arrival arrival{.local = entrance.unix_socket,
                                .host = head.host,
                                .origin = only(head, "origin"),
                                .authorization = only(head, "authorization")};
  if (const auto denial = access_.check_source(arrival)) {
    return refuse(exchange, denial->status, -32600, denial->reason);
  }
  const auto endpoint = paths_.find(head.path);
  if (endpoint == paths_.end()) {
    if (extra_(head, body, entrance, exchange)) return;
    return refuse(
        exchange, 404, -32600,
        fmt::format("there is nothing at {}; the endpoint is /mcp", base::json_escape(head.path)));
  }
  const auto principal = access_.authenticate(arrival);
  if (!principal) {
    const auto denial = policy::Access::unauthenticated();
    return refuse(exchange, denial.status, -32001, denial.reason, "null", denial.headers);
  }
  serve_mcp(endpoint->second, head, body, *principal, exchange);
}

void Front::serve_mcp(std::size_t endpoint, const net::RequestHead& head, std::string_view body,
                      const std::string& principal, const ExchangeRef& exchange) {
  if (const auto version = head.headers.find("mcp-protocol-version");
      version && !mcp::revision_of(*version)) {
    return refuse(
        exchange, 400, -32600,
        fmt::format("MCP-Protocol-Version '{}' is not supported", base::json_escape(*version)));
  }
  if (head.method == "POST") return post(endpoint, head, body, principal, exchange);
  if (head.method != "GET" && head.method != "DELETE") {
    return refuse(exchange, 405, -32600, "Method not allowed: POST, GET and DELETE are", "null",
                  "Allow: POST, GET, DELETE\r\n");
  }
  const bool get = head.method == "GET";
  if (get && !accepts(head, "text/event-stream")) {
    return refuse(exchange, 406, -32600, "Not Acceptable: Accept must list text/event-stream");
  }
  const auto session = find_session(endpoint, head, principal, exchange);
  if (!session) return;
  if (get) return session->listen(exchange, head.headers.find("last-event-id").value_or(""));
  sessions_.erase(session->id());
  session->end();
  exchange->respond(200, "", "");
}

std::shared_ptr<Session> Front::find_session(std::size_t endpoint, const net::RequestHead& head,
                                             const std::string& principal,
                                             const ExchangeRef& exchange) {
  const auto id = head.headers.find(kSessionHeader);
  if (!id) {
    refuse(exchange, 400, -32600, "Mcp-Session-Id is missing: a session begins with initialize");
    return nullptr;
  }
  const auto found = sessions_.find(*id);
  // A session of somebody else, or of another endpoint, is as unknown as none.
  if (found == sessions_.end() || found->second->principal() != principal ||
      found->second->endpoint() != endpoint) {
    refuse(exchange, 404, -32001, "Session not found");
    return nullptr;
  }
  return found->second;
}

void Front::post(std::size_t endpoint, const net::RequestHead& head, std::string_view body,
                 const std::string& principal, const ExchangeRef& exchange) {
  if (!accepts(head, "application/json") || !accepts(head, "text/event-stream")) {
    return refuse(exchange, 406, -32600,
                  "Not Acceptable: Accept must list application/json and text/event-stream");
  }
  if (!has_json_body(head)) {
    return refuse(exchange, 415, -32600,
                  "Unsupported Media Type: Content-Type must be application/json");
  }
  const auto encoding = head.headers.find("content-encoding");
  if (encoding && !base::iequals(*encoding, "identity")) {
    return refuse(exchange, 415, -32600,
                  "Unsupported Media Type: Content-Encoding must be identity");
  }
  if (mcp::is_batch(body)) {
    const auto session = find_session(endpoint, head, principal, exchange);
    if (session) post_batch(*session, body, exchange);
    return;
  }
  const auto scanned = mcp::scan(body, limits());
  if (!scanned) {
    const auto& refusal = scanned.error();
    const auto id = refusal.id.present() ? refusal.id.in(body) : "null";
    return refuse(exchange, 400, refusal.code, refusal.reason, id);
  }
  const fabric::Message message{.bytes = body, .at = *scanned};
  std::string room;
  if (scanned->kind == mcp::Kind::kRequest &&
      mcp::decode_string(scanned->method.in(body), room) == "initialize") {
    return open_session(endpoint, message, principal, exchange);
  }
  // Kept: what it receives may end it.
  if (const auto session = find_session(endpoint, head, principal, exchange))
    session->receive({message}, false, exchange);
}

void Front::post_batch(Session& session, std::string_view body, const ExchangeRef& exchange) {
  if (!mcp::accepts_batches(session.revision())) {
    return refuse(
        exchange, 400, -32600,
        fmt::format("batches are not part of revision {}", mcp::name(session.revision())));
  }
  const auto parts = mcp::split_batch(body, limits(), kMostBatch);
  if (!parts) return refuse(exchange, 400, parts.error().code, parts.error().reason);
  std::vector<mcp::Envelope> envelopes;
  envelopes.reserve(parts->size());
  for (const auto part : *parts) {
    const auto scanned = mcp::scan(part.in(body), limits());
    if (!scanned) return refuse(exchange, 400, scanned.error().code, scanned.error().reason);
    if (scanned->kind == mcp::Kind::kRequest &&
        mcp::decode_string(scanned->method.in(part.in(body))) == "initialize") {
      return refuse(exchange, 400, -32600, "initialize must not be part of a batch");
    }
    envelopes.push_back(*scanned);
  }
  std::vector<fabric::Message> messages;
  for (std::size_t at = 0; at < parts->size(); ++at)
    messages.push_back({.bytes = (*parts)[at].in(body), .at = envelopes[at]});
  session.receive(std::move(messages), true, exchange);
}

void Front::open_session(std::size_t endpoint, const fabric::Message& message,
                         const std::string& principal, const ExchangeRef& exchange) {
  const auto id = message.at.id.in(message.bytes);
  if (ended_) return refuse(exchange, 503, -32000, "the gateway is stopping", id);
  const auto most = context_.config.gateway.limits.sessions;
  if (context_.sessions.load(std::memory_order_relaxed) >= most) {
    return refuse(exchange, 503, -32000, fmt::format("limits.sessions: {} sessions are open", most),
                  id);
  }
  if (!message.at.protocol_version.present()) {
    return refuse(exchange, 400, -32602, "params.protocolVersion is missing", id);
  }
  if (!sweeper_.armed())
    sweeper_.arm(loop_.wheel(), context_.config.gateway.stream_ping, [this] { sweep(); });
  auto key = fmt::format("{}-{}", loop_.index(), base::random_token(kSessionBytes));
  auto session = std::make_shared<Session>(loop_, context_, endpoint, key, principal);
  sessions_.emplace(key, session);
  session->initialize(message, exchange, [this, key] {
    if (const auto found = sessions_.find(key); found != sessions_.end()) {
      const auto failed = found->second;
      sessions_.erase(found);
      failed->end();
    }
  });
}

void Front::sweep() {
  const auto limit = loop_.now() - context_.config.gateway.session_idle;
  std::vector<std::shared_ptr<Session>> idle;
  for (const auto& [id, session] : sessions_) {
    if (session->idle_since(limit)) {
      idle.push_back(session);
    } else {
      session->ping_streams();
    }
  }
  for (const auto& session : idle) {
    sessions_.erase(session->id());
    session->end();
  }
  if (!sessions_.empty())
    sweeper_.arm(loop_.wheel(), context_.config.gateway.stream_ping, [this] { sweep(); });
}

void Front::end_sessions() {
  ended_ = true;
  sweeper_.disarm();
  for (const auto& [id, session] : std::exchange(sessions_, {})) session->end();
}

}  // namespace gantry::gateway
