// The life of a session: initialize, its servers, its end.
#include "gateway/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/version.h"
#include "mcp/compose.h"
#include "observe/log.h"

namespace gantry::gateway {
namespace {

using Json = nlohmann::json;

/// A list waits for a starting server so long.
constexpr base::Millis kListPatience{3000};

std::string text_or(std::string_view raw, std::string_view otherwise) {
  return std::string(raw.empty() ? otherwise : raw);
}

}  // namespace

Session::Session(async::Loop& loop, SessionContext& context, std::size_t endpoint, std::string id,
                 std::string principal)
    : loop_(loop),
      context_(context),
      endpoint_(endpoint),
      id_(std::move(id)),
      principal_(std::move(principal)),
      number_(context.next_number.fetch_add(1)),
      last_used_(loop.now()),
      log_(context.config.gateway.limits.events, context.config.gateway.limits.event_bytes),
      standing_(std::make_shared<Stream>(0, Stream::Kind::kStanding, 0)) {
  context_.sessions.fetch_add(1);
}

Session::~Session() { context_.sessions.fetch_sub(1); }

bool Session::idle_since(base::Instant limit) const {
  return last_used_ < limit && calls_.empty() && !standing_->connected();
}

void Session::initialize(const Message& message, std::shared_ptr<net::Exchange> exchange,
                         async::Task failed) {
  const auto& at = message.at;
  revision_ = mcp::negotiate(mcp::decode_string(at.protocol_version.in(message.bytes)));
  const auto parsed = Json::parse(text_or(at.capabilities.in(message.bytes), "{}"), nullptr, false);
  capabilities_ = parsed.is_object() ? parsed.dump() : "{}";
  client_info_ = text_or(at.client_info.in(message.bytes), R"({"name":"unknown","version":"0"})");
  can_answer_ =
      parsed.contains("sampling") || parsed.contains("elicitation") || parsed.contains("roots");
  const std::string id(at.id.in(message.bytes));
  opening_ = exchange;
  observe::debug("session.opened",
                 {{"session", number_}, {"endpoint", place().path}, {"principal", principal_}});
  if (place().merged) {
    initialize_merged(id, std::move(exchange));
  } else {
    initialize_single(id, std::move(exchange), std::move(failed));
  }
}

void Session::initialize_merged(const std::string& id, std::shared_ptr<net::Exchange> exchange) {
  context_.catalogue.watch(endpoint_, capabilities_, weak_from_this());
  wait_for_view([self = shared_from_this(), id, exchange] {
    // Servers that nobody has asked yet are asked now, in the name of this client, so that the
    // first list finds them.
    const auto answer = [self, id, exchange] {
      Json result = {
          {"protocolVersion", mcp::name(self->revision_)},
          {"capabilities", Json::parse(self->view_->capabilities)},
          {"serverInfo", {{"name", "gantry"}, {"title", "Gantry"}, {"version", base::version()}}}};
      if (!self->view_->instructions.empty()) result["instructions"] = self->view_->instructions;
      if (!self->view_->missing.empty())
        result["_meta"] = Json::parse(self->list_result(fabric::kListKinds))["_meta"];
      self->finish_initialize(result.dump(-1, ' ', false, Json::error_handler_t::replace), exchange,
                              id);
    };
    const bool nothing_known = std::ranges::any_of(
        self->view_->missing, [&](const auto&) { return self->view_->waiting; });
    if (!nothing_known) return answer();
    self->wait_until_settled({}, answer);
  });
}

void Session::initialize_single(const std::string& id, std::shared_ptr<net::Exchange> exchange,
                                async::Task failed) {
  const auto fail = [self = shared_from_this(), exchange, id](const base::Error& error) {
    const auto& row = base::row(error.code);
    const auto body = mcp::error(id, row.json_rpc_code, error.text());
    exchange->respond(200, kJsonHeaders, body);
    self->opening_.reset();
  };
  bind(place().servers.front(),
       [self = shared_from_this(), id, exchange, fail, gone = std::move(failed)](auto got) mutable {
         if (!got) return fail(got.error()), gone();
         (*got)->when_ready(self, [self, id, exchange, fail,
                                   last = std::move(gone)](base::Result<std::string> said) mutable {
           if (!said) return fail(said.error()), last();
           // The server's own words, but for the revision, which is agreed with this client.
           const auto raw = mcp::member(*said, "protocolVersion");
           auto result = *said;
           if (!raw.empty()) {
             const auto at = static_cast<std::size_t>(raw.data() - said->data());
             result.replace(at, raw.size(), base::json_quote(mcp::name(self->revision_)));
           }
           self->finish_initialize(std::move(result), exchange, id);
         });
       });
}

void Session::finish_initialize(std::string result, const std::shared_ptr<net::Exchange>& exchange,
                                const std::string& id) {
  const auto headers = fmt::format("{}Mcp-Session-Id: {}\r\n", kJsonHeaders, id_);
  opening_.reset();
  std::ranges::replace_if(result, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  exchange->respond(200, headers, mcp::result(id, result));
}

void Session::wait_for_view(std::move_only_function<void()> then) {
  if (view_) return then();
  until_view_.push_back(std::move(then));
}

void Session::on_view(SnapshotRef view) {
  if (ended_) return;
  const auto before = std::exchange(view_, std::move(view));
  for (auto& then : std::exchange(until_view_, {})) then();
  if (before) tell_lists_changed(*before, *view_);
  settle_waiting(false);
}

void Session::wait_until_settled(std::string server, std::move_only_function<void()> then) {
  until_settled_.push_back({.server = std::move(server), .then = std::move(then)});
  if (!settle_timer_.armed())
    settle_timer_.arm(loop_.wheel(), kListPatience, [this] { settle_waiting(true); });
}

/// Goes on with those whose part of the view is there; with `all`, their patience is over.
void Session::settle_waiting(bool all) {
  const auto starting = [&](const std::string& server) {
    return std::ranges::any_of(
        view_->missing, [&](const auto& one) { return one.server == server && one.starting; });
  };
  std::vector<Patient> due;
  std::vector<Patient> rest;
  for (auto& one : until_settled_) {
    const bool waits = !all && (one.server.empty() ? view_->waiting : starting(one.server));
    (waits ? rest : due).push_back(std::move(one));
  }
  until_settled_ = std::move(rest);
  if (until_settled_.empty()) settle_timer_.disarm();
  for (auto& one : due) one.then();
}

void Session::tell_lists_changed(const Snapshot& before, const Snapshot& now) {
  for (const std::size_t kind : {0U, 1U, 2U}) {
    const bool templates = kind == 2 && before.lists[3] != now.lists[3];
    // Told of as well where the list came out the same: what a server says is passed on.
    const bool told = now.announced.at(kind) > before.announced.at(kind);
    if (before.lists.at(kind) == now.lists.at(kind) && !templates && !told) continue;
    push(standing_, mcp::notification(fabric::list_kind(kind).changed));
  }
}

void Session::bind(
    std::size_t server,
    std::move_only_function<void(base::Result<std::shared_ptr<fabric::Instance>>)> then) {
  auto& bound = bound_[server];
  if (bound.instance) return then(bound.instance);
  bound.waiting.push_back(std::move(then));
  if (std::exchange(bound.asked, true)) return;
  context_.fleet.acquire({.server = server,
                          .client = shared_from_this(),
                          .capabilities = capabilities_,
                          .client_info = client_info_,
                          .can_answer = can_answer_},
                         [self = shared_from_this(), server](auto got) {
                           auto& to = self->bound_[server];
                           to.asked = false;
                           if (self->ended_) {
                             to.waiting.clear();
                             if (got) self->context_.fleet.release(*got, self);
                             return;
                           }
                           if (got) to.instance = *got;
                           if (got && self->level_ >= 0) (*got)->set_level(self, self->level_name_);
                           for (auto& waiting : std::exchange(to.waiting, {})) waiting(got);
                         });
}

void Session::end() {
  if (ended_) return;
  observe::debug("session.ended", {{"session", number_}});
  // Answered first: letting go of the instances lets go of the calls.
  std::vector<CallPtr> open;
  for (const auto& weak : calls_) {
    if (auto call = weak.lock()) open.push_back(std::move(call));
  }
  for (const auto& call : open) respond_error(call, -32000, "the session ended");
  if (opening_) {
    std::exchange(opening_, nullptr)
        ->respond(503, kJsonHeaders, mcp::error("null", -32000, "the gateway is stopping"));
  }
  ended_ = true;
  settle_timer_.disarm();
  until_view_.clear();
  until_settled_.clear();
  asked_.clear();
  for (auto& [server, bound] : bound_) {
    bound.waiting.clear();
    if (bound.instance) {
      context_.fleet.release(std::exchange(bound.instance, nullptr), shared_from_this());
    }
  }
  for (auto& [number, stream] : std::exchange(streams_, {})) stream->finish();
  if (standing_->connected()) context_.streams.fetch_sub(1);
  standing_->finish();
}

void Session::ping_streams() {
  standing_->ping();
  for (const auto& [number, stream] : streams_) stream->ping();
}

}  // namespace gantry::gateway
