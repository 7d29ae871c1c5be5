#include "transport/http_connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace gantry::transport {
namespace {

constexpr base::Millis kRetry{
    1000};  // a broken stream is taken up again after, unless the server says otherwise
constexpr base::Millis kMostRetry{30'000};
constexpr unsigned kMostResumes = 8;  // in a row, without an event
constexpr std::size_t kMostError = 64U << 10U;
constexpr std::size_t kSpare = 64;
constexpr base::Millis kLinger{5000};

bool has_type(const net::ResponseHead& head, std::string_view type) {
  const auto said = head.headers.find("content-type");
  return said && base::iequals(base::trim(said->substr(0, said->find(';'))), type);
}

base::Error status_error(int status, const net::Url& url) {
  const auto where = fmt::format("{}{}", url.authority, url.target.substr(0, url.target.find('?')));
  auto code = base::Code::kInternal;
  if (status == 401) code = base::Code::kUnauthenticated;
  if (status == 403) code = base::Code::kForbidden;
  if (status == 404 || status == 405) code = base::Code::kNotFound;
  if (status == 413 || status == 429 || status == 503) code = base::Code::kLimit;
  auto error = base::fail(code, fmt::format("{} answers HTTP {}", where, status)).error();
  if (status == 401 || status == 403) {
    error.hint = "give the server's credentials under `headers:`";
  } else if (status == 404 || status == 405) {
    error.hint = "check the path of `url:`";
  }
  return error;
}

}  // namespace

/// One POST with a request. It lives until its answer came; its stream may break and be resumed
/// meanwhile.
class HttpConnector::Ask final : public net::ResponseSink {
 public:
  explicit Ask(HttpConnector& owner) : owner_(owner) {}

  ~Ask() {
    if (connection_ != nullptr) owner_.pool_.abandon(*connection_);
  }

  void start(RequestId id, std::string_view body) {
    id_ = id;
    sent_ = body;
    mode_ = Mode::kNone;
    answered_ = false;
    accepted_ = false;
    resumes_ = 0;
    last_event_.clear();
    retry_.reset();
    held_.clear();
    with_session_ = !owner_.session_.empty();
    epoch_ = owner_.epoch_;
    const fmt::format_int length(body.size());
    connection_ = owner_.pool_.send(
        {owner_.post_head_, std::string_view(length.data(), length.size()), "\r\n\r\n", body},
        *this);
  }

  void on_head(const net::ResponseHead& head) override {
    status_ = head.status;
    if (id_ == kHandshake) take_session(head);
    if (status_ / 100 == 2 && has_type(head, "application/json")) {
      mode_ = Mode::kJson;
    } else if (status_ == 200 && has_type(head, "text/event-stream")) {
      mode_ = Mode::kEvents;
      accepted_ = true;
      events_.emplace(owner_.limits_.message);
    } else {
      mode_ = Mode::kRefused;
    }
  }

  void on_body(std::string_view piece, bool last) override {
    if (last) connection_ = nullptr;
    if (mode_ == Mode::kEvents) return on_events(piece, last);
    if (last && held_.empty()) return on_whole(piece);
    const auto most = mode_ == Mode::kJson ? owner_.limits_.message : kMostError;
    if (held_.size() + piece.size() > most) {
      return fail(
          base::fail(base::Code::kLimit, fmt::format("its answer is over {} bytes", most)).error(),
          net::Sent::kMaybe);
    }
    held_.append(piece);
    if (last) on_whole(std::exchange(held_, {}));
  }

  void on_failed(base::Error error, net::Sent sent) override {
    connection_ = nullptr;
    if (answered_) return owner_.finished(*this);
    // Also where it could not be taken up again: the server may be back in a moment.
    if (!last_event_.empty()) return resume();
    fail(std::move(error), sent);
  }

  [[nodiscard]] RequestId id() const { return id_; }

 private:
  enum class Mode : std::uint8_t { kNone, kJson, kEvents, kRefused };

  void take_session(const net::ResponseHead& head) {
    const auto session = head.headers.find("mcp-session-id");
    const auto visible = [](char c) { return c > 0x20 && c < 0x7F; };
    if (!session || !std::ranges::all_of(*session, visible)) return;
    owner_.session_ = *session;
    owner_.rebuild_heads();
  }

  void on_whole(std::string_view body) {
    if (mode_ == Mode::kJson) {
      const auto id = id_;
      auto& owner = owner_;
      owner.finished(*this);  // this may be used for the next request from here on
      owner.deliver(body, id);
      return;
    }
    if (status_ == 404 && with_session_ && !accepted_) {
      const auto id = id_;
      if (epoch_ != owner_.epoch_ && owner_.has_session()) {
        // Another request found that out: there is a new session by now.
        const auto again = std::exchange(sent_, {});
        return start(id, again);
      }
      auto& owner = owner_;
      auto sent = std::exchange(sent_, {});
      owner.finished(*this);
      return owner.receiver_.on_session_lost(id, std::move(sent));
    }
    // A refusal may carry the server's own JSON-RPC error, which is then the answer.
    const auto scanned = mcp::scan(body, owner_.scan_limits());
    if (scanned && scanned->kind == mcp::Kind::kError) {
      const auto id = id_;
      auto& owner = owner_;
      owner.finished(*this);
      return owner.receiver_.on_message({.bytes = body, .at = *scanned}, id);
    }
    if (status_ / 100 == 2) {
      return fail(
          base::fail(base::Code::kUnavailable,
                     fmt::format("it answers a request with HTTP {} and no message", status_))
              .error(),
          net::Sent::kMaybe);
    }
    fail(status_error(status_, owner_.url_), net::Sent::kMaybe);
  }

  void on_events(std::string_view piece, bool last) {
    const auto alive = owner_.alive_;
    const auto id = id_;
    auto events = std::move(*events_);  // what is told may end this, or all
    const bool usable = events.feed(piece, [&](const net::SseEvent& event) {
      if (!*alive || id_ != id) return;  // the owner ended this from inside an earlier event
      on_event(event);
    });
    if (!*alive || id_ != id) return;
    events_ = std::move(events);
    if (!usable && answered_) return owner_.finished(*this);
    if (!usable) {
      return fail(base::fail(base::Code::kLimit,
                             fmt::format("an event over {} bytes", owner_.limits_.message))
                      .error(),
                  net::Sent::kMaybe);
    }
    if (!last) return;
    if (answered_) return owner_.finished(*this);
    if (!last_event_.empty()) return resume();
    fail(base::fail(base::Code::kUnavailable, "it closed the stream before the answer").error(),
         net::Sent::kMaybe);
  }

  void on_event(const net::SseEvent& event) {
    resumes_ = 0;
    if (event.has_id) last_event_ = event.id;
    if (event.retry) retry_ = *event.retry;
    if (event.data.empty()) return event.has_id ? owner_.receiver_.on_primed(id_) : void();
    const auto scanned = mcp::scan(event.data, owner_.scan_limits());
    if (!scanned)
      return owner_.receiver_.on_garbage(event.data.substr(0, 200), scanned.error().reason);
    if (scanned->kind == mcp::Kind::kResult || scanned->kind == mcp::Kind::kError) {
      answered_ = true;
      // The stream ends with its answer; a server that keeps it open is not waited for.
      pause_.arm(owner_.context_.loop.wheel(), kLinger, [this] { owner_.finished(*this); });
    }
    owner_.receiver_.on_message({.bytes = event.data, .at = *scanned}, id_);
  }

  void resume() {
    if (++resumes_ > kMostResumes) {
      return fail(
          base::fail(base::Code::kUnavailable, "its stream broke and could not be taken up again")
              .error(),
          net::Sent::kMaybe);
    }
    const auto wait = std::min(retry_.value_or(kRetry) * (1U << (resumes_ - 1)), kMostRetry);
    pause_.arm(owner_.context_.loop.wheel(), wait, [this] {
      mode_ = Mode::kNone;
      const auto head = owner_.get_head(last_event_);
      connection_ = owner_.pool_.send({head}, *this);
    });
    owner_.receiver_.on_paused(id_, retry_.value_or(kRetry));
  }

  void fail(base::Error error, net::Sent sent) {
    const auto id = id_;
    auto& owner = owner_;
    owner.finished(*this);
    owner.receiver_.on_request_failed(id, std::move(error), sent);
  }

  friend class HttpConnector;
  HttpConnector& owner_;
  RequestId id_ = 0;
  net::ClientConnection* connection_ = nullptr;
  std::string sent_;
  std::string held_;
  std::string last_event_;
  std::optional<net::SseReader> events_;
  std::optional<base::Millis> retry_;
  async::Timer pause_;
  unsigned resumes_ = 0;
  int status_ = 0;
  Mode mode_ = Mode::kNone;
  bool answered_ = false;
  bool accepted_ = false;  // it runs there: it must not be sent again
  bool with_session_ = false;
  std::uint64_t epoch_ = 0;
};

/// A notification, a response or the DELETE: only its failure is of interest, to the log.
class HttpConnector::Tell final : public net::ResponseSink {
 public:
  explicit Tell(HttpConnector& owner) : owner_(owner) {}
  ~Tell() {
    if (connection_ != nullptr) owner_.pool_.abandon(*connection_);
  }

  void start(std::string_view head, std::string_view body) {
    const fmt::format_int length(body.size());
    connection_ = owner_.pool_.send(
        {head, std::string_view(length.data(), length.size()), "\r\n\r\n", body}, *this);
  }

  void on_head(const net::ResponseHead& head) override { status_ = head.status; }
  void on_body(std::string_view, bool last) override {
    if (!last) return;
    connection_ = nullptr;
    if (status_ / 100 != 2) {
      owner_.receiver_.on_garbage("",
                                  fmt::format("a notification was answered with HTTP {}", status_));
    }
    owner_.finished(*this);
  }
  void on_failed(base::Error error, net::Sent) override {
    connection_ = nullptr;
    owner_.receiver_.on_garbage("",
                                fmt::format("a notification was not delivered: {}", error.text()));
    owner_.finished(*this);
  }

 private:
  HttpConnector& owner_;
  net::ClientConnection* connection_ = nullptr;
  int status_ = 0;
};

/// The stream for what the server says unasked; taken up again whenever it ends.
class HttpConnector::Listen final : public net::ResponseSink {
 public:
  explicit Listen(HttpConnector& owner) : owner_(owner), events_(owner.limits_.message) {}
  ~Listen() {
    if (connection_ != nullptr) owner_.pool_.abandon(*connection_);
  }

  void start() {
    events_ = net::SseReader(owner_.limits_.message);
    streaming_ = false;
    const auto head = owner_.get_head(last_event_);
    connection_ = owner_.pool_.send({head}, *this);
  }

  void on_head(const net::ResponseHead& head) override {
    streaming_ = head.status == 200 && has_type(head, "text/event-stream");
    // 405: the server has no such stream. Other refusals of the first try are taken the same way.
    refused_ = head.status / 100 == 4;
    lost_ = head.status == 404 && owner_.has_session();
  }

  void on_body(std::string_view piece, bool last) override {
    if (last) connection_ = nullptr;
    if (streaming_) {
      auto events = std::move(events_);  // what is told may end this, or all
      const auto here = std::weak_ptr(here_);
      const bool usable = events.feed(piece, [&](const net::SseEvent& event) {
        if (!here.expired()) on_event(event);
      });
      if (here.expired()) return;
      events_ = std::move(events);
      if (!usable && connection_ != nullptr) {
        owner_.pool_.abandon(*std::exchange(connection_, nullptr));
        return again();
      }
    }
    if (last && lost_) return owner_.receiver_.on_session_lost(0, {});
    if (last && !refused_) again();
  }

  void on_failed(base::Error, net::Sent) override {
    connection_ = nullptr;
    again();
  }

 private:
  void on_event(const net::SseEvent& event) {
    tries_ = 0;
    if (event.has_id) last_event_ = event.id;
    if (event.retry) retry_ = *event.retry;
    if (!event.data.empty()) owner_.deliver(event.data, 0);
  }

  void again() {
    const auto wait = std::min(retry_ * (1U << std::min(tries_++, 6U)), kMostRetry);
    pause_.arm(owner_.context_.loop.wheel(), wait, [this] { start(); });
  }

  HttpConnector& owner_;
  net::ClientConnection* connection_ = nullptr;
  net::SseReader events_;
  std::string last_event_;
  base::Millis retry_ = kRetry;
  async::Timer pause_;
  unsigned tries_ = 0;
  bool streaming_ = false;
  bool refused_ = false;
  bool lost_ = false;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

HttpConnector::HttpConnector(net::ClientContext context, net::Url url, std::string headers,
                             Receiver& receiver, HttpLimits limits)
    : context_(context),
      url_(std::move(url)),
      headers_(std::move(headers)),
      receiver_(receiver),
      limits_(limits),
      pool_(context, url_.address, limits.idle) {
  rebuild_heads();
}

HttpConnector::~HttpConnector() {
  *alive_ = false;
  listen_.reset();
  tells_.clear();
  asks_.clear();
}

void HttpConnector::rebuild_heads() {
  post_head_ = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\n{}Accept: application/json, text/event-stream\r\n"
      "Content-Type: application/json\r\n",
      url_.target, url_.authority, headers_);
  if (!revision_.empty()) post_head_ += fmt::format("MCP-Protocol-Version: {}\r\n", revision_);
  if (!session_.empty()) post_head_ += fmt::format("Mcp-Session-Id: {}\r\n", session_);
  post_head_ += "Content-Length: ";
}

std::string HttpConnector::get_head(std::string_view last_event_id) const {
  auto head = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\n{}Accept: text/event-stream\r\nMCP-Protocol-Version: {}\r\n",
      url_.target, url_.authority, headers_, revision_);
  if (!session_.empty()) head += fmt::format("Mcp-Session-Id: {}\r\n", session_);
  if (!last_event_id.empty()) head += fmt::format("Last-Event-ID: {}\r\n", last_event_id);
  return head + "\r\n";
}

void HttpConnector::request(RequestId id, std::string_view body) {
  abandon(id);  // an answered one may still wait for the end of its stream
  std::unique_ptr<Ask> ask;
  if (spare_asks_.empty()) {
    ask = std::make_unique<Ask>(*this);
  } else {
    ask = std::move(spare_asks_.back());
    spare_asks_.pop_back();
  }
  auto& started = *ask;
  asks_.emplace(id, std::move(ask));
  started.start(id, body);
}

void HttpConnector::finished(Ask& ask) {
  const auto found = asks_.find(ask.id_);
  if (found == asks_.end()) return;
  auto owned = std::move(found->second);
  asks_.erase(found);
  owned->id_ = 0;
  owned->pause_.disarm();
  owned->events_.reset();
  if (auto* connection = std::exchange(owned->connection_, nullptr)) pool_.abandon(*connection);
  if (spare_asks_.size() < kSpare) {
    spare_asks_.push_back(std::move(owned));
  } else {
    context_.loop.defer([ended = std::move(owned)] {});
  }
}

void HttpConnector::finished(Tell& tell) {
  const auto found =
      std::ranges::find_if(tells_, [&](const auto& one) { return one.get() == &tell; });
  if (found == tells_.end()) return;
  context_.loop.defer([ended = std::move(*found)] {});
  tells_.erase(found);
}

void HttpConnector::abandon(RequestId id) {
  if (const auto found = asks_.find(id); found != asks_.end()) finished(*found->second);
}

void HttpConnector::notify(std::string_view body) {
  auto& tell = *tells_.emplace_back(std::make_unique<Tell>(*this));
  tell.start(post_head_, body);
}

void HttpConnector::established(std::string_view revision) {
  revision_ = revision;
  rebuild_heads();
  listen_ = std::make_unique<Listen>(*this);
  listen_->start();
}

void HttpConnector::forget_session() {
  // Freed later: it may be what found out.
  context_.loop.defer([ended = std::shared_ptr<Listen>(std::move(listen_))] {});
  session_.clear();
  ++epoch_;
  revision_.clear();
  rebuild_heads();
}

void HttpConnector::end_session() {
  listen_.reset();
  if (session_.empty()) return;
  auto head = fmt::format(
      "DELETE {} HTTP/1.1\r\nHost: {}\r\n{}MCP-Protocol-Version: {}\r\nMcp-Session-Id: "
      "{}\r\nContent-Length: ",
      url_.target, url_.authority, headers_, revision_, session_);
  session_.clear();
  tells_.emplace_back(std::make_unique<Tell>(*this))->start(head, {});
}

void HttpConnector::deliver(std::string_view body, RequestId within) {
  const auto give = [&](std::string_view one) {
    const auto scanned = mcp::scan(one, scan_limits());
    if (scanned) return receiver_.on_message({.bytes = one, .at = *scanned}, within);
    receiver_.on_garbage(one.substr(0, 200), scanned.error().reason);
    if (within == 0) return;
    auto error = base::fail(base::Code::kUnavailable,
                            fmt::format("its answer is no message: {}", scanned.error().reason))
                     .error();
    receiver_.on_request_failed(within, std::move(error), net::Sent::kMaybe);
  };
  if (!mcp::is_batch(body)) return give(body);
  const auto parts = mcp::split_batch(body, scan_limits(), 1000);
  if (!parts) return give(body);
  const auto alive = alive_;
  for (const auto part : *parts) {
    if (*alive) give(part.in(body));
  }
}

}  // namespace gantry::transport
