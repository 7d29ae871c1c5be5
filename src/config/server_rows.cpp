#include <array>
#include <span>

#include "config/server.h"

namespace gantry::config {
namespace {

constexpr long long kSecond = 1000;
constexpr long long kDay = 24 * 60 * 60 * kSecond;

constexpr std::array kShares = {Word{"auto", Share::kAuto}, Word{"shared", Share::kShared},
                                Word{"session", Share::kSession}};
constexpr std::array kStarts = {Word{"lazy", Start::kLazy}, Word{"eager", Start::kEager}};

base::Result<std::string> pattern(std::string_view text) {
  if (text.empty()) return base::fail(base::Code::kInvalid, "a tool's name is empty");
  return std::string(text);
}

#define GANTRY_FIELD(member) [](auto& server) -> auto& { return server.member; }
template <auto Field, auto Least, auto Most>
constexpr auto duration = duration_row<Server, Field, Least, Most>;

constexpr std::array kRows = {
    word_row<Server, GANTRY_FIELD(share), kShares>(
        "share", "", "Who gets an instance: auto, shared or session."),
    word_row<Server, GANTRY_FIELD(start), kStarts>(
        "start", "", "lazy: at the first need; eager: with the gateway."),
    duration<GANTRY_FIELD(idle_stop), 0LL, 30 * kDay>(
        "idle_stop", "", "Stopped after so long without use; 0: never."),
    duration<GANTRY_FIELD(timeouts.start), 100LL, kDay>(
        "timeouts.start", "", "Until it answered initialize and its lists."),
    duration<GANTRY_FIELD(timeouts.call), 100LL, kDay>(
        "timeouts.call", "",
        "Of one call; anew with each progress, stopped while a client is asked."),
    duration<GANTRY_FIELD(timeouts.call_max), 100LL, 7 * kDay>("timeouts.call_max", "",
                                                               "Of one call, whatever happens."),
    duration<GANTRY_FIELD(timeouts.idle), 100LL, kDay>(
        "timeouts.idle", "", "An unused upstream connection is closed after so long."),
    duration<GANTRY_FIELD(restart.first), 1LL, kDay>(
        "restart.first", "", "The first wait before a restart; doubled each time."),
    duration<GANTRY_FIELD(restart.most), 1LL, kDay>("restart.most", "",
                                                    "The longest wait before a restart."),
    duration<GANTRY_FIELD(restart.healthy_after), 1LL, kDay>(
        "restart.healthy_after", "", "Up for so long: the next wait is the first again."),
    texts_row<Server, GANTRY_FIELD(tools.allow), pattern>(
        "tools.allow", "", "The only tools that are offered; * matches any run."),
    texts_row<Server, GANTRY_FIELD(tools.deny), pattern>(
        "tools.deny", "", "Tools that are not offered; * matches any run."),
};
#undef GANTRY_FIELD

}  // namespace

std::span<const Row<Server>> server_rows() { return kRows; }

}  // namespace gantry::config
