// Reading a server's lists, page after page, and publishing them whole.
#include <fmt/format.h>

#include "base/strings.h"
#include "fabric/instance.h"
#include "observe/log.h"

namespace gantry::fabric {
namespace {

/// A server that gives a new cursor for ever is stopped here.
constexpr unsigned kMostPages = 200;
constexpr std::size_t kMostItems = 20'000;

}  // namespace

void Instance::read_lists() {
  if (state_ != State::kReady) return;
  if (reading_lists_) {
    reread_ = true;  // something changed while they were read: once more afterwards
    return;
  }
  reading_lists_ = true;
  reading_ = std::make_shared<Lists>();
  reading_->initialize = initialize_;
  next_kind(0);
}

void Instance::next_kind(std::size_t kind) {
  const auto capabilities = mcp::member(initialize_, "capabilities");
  while (kind < kListKinds &&
         !mcp::member(capabilities, list_kind(kind).capability).starts_with('{'))
    ++kind;
  if (kind < kListKinds) return read_page(kind, {}, 0);
  reading_lists_ = false;
  reading_->announced = announced_;
  observer_.on_lists(*this, std::exchange(reading_, nullptr));
  if (std::exchange(reread_, false)) read_lists();
}

void Instance::note_refused(std::size_t kind, const base::Result<const Message*>& answer) {
  std::string why = answer ? "" : answer.error().text();
  if (answer) {
    const auto error = (*answer)->at.error.in((*answer)->bytes);
    // Servers offer a capability and do not know one of its lists (templates, mostly): that list is
    // empty.
    if (mcp::member(error, "code") == "-32601") return;
    why = mcp::decode_string(mcp::member(error, "message"));
  }
  reading_->failure = fmt::format("{}: {}", list_kind(kind).method, why);
  observe::warn("list.refused", {{"server", spec_.server->name}, {"cause", reading_->failure}});
}

void Instance::read_page(std::size_t kind, std::string cursor, unsigned pages) {
  const auto params =
      cursor.empty() ? std::string("{}") : fmt::format(R"({{"cursor":{}}})", cursor);
  ask(list_kind(kind).method, params, spec_.server->timeouts.call,
      [this, kind, cursor, pages](auto answer) {
        const auto& rule = list_kind(kind);
        if (!reading_ || state_ != State::kReady) {
          reading_lists_ = false;
          return;
        }
        if (!answer || (*answer)->at.kind != mcp::Kind::kResult) {
          note_refused(kind, answer);
          return next_kind(kind + 1);
        }
        const auto& message = **answer;
        auto items = mcp::list_items(message.at.result.in(message.bytes), rule.member, rule.key);
        auto& all = reading_.get()->*rule.items;
        std::ranges::move(items, std::back_inserter(all));
        const std::string next(message.at.next_cursor.in(message.bytes));
        const bool more = message.at.next_cursor.present() && next != cursor;
        if (more && pages + 1 < kMostPages && all.size() < kMostItems)
          return read_page(kind, next, pages + 1);
        if (more)
          observe::warn(
              "list.cut",
              {{"server", spec_.server->name}, {"method", rule.method}, {"items", all.size()}});
        next_kind(kind + 1);
      });
}

}  // namespace gantry::fabric
