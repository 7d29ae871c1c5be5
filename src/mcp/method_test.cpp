#include "mcp/method.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gantry::mcp {
namespace {

TEST(Method, EveryNameLeadsBackToItsNumber) {
  std::set<std::string_view> names;
  for (std::size_t i = 1; i < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_FALSE(name(method).empty()) << i;
    EXPECT_EQ(method_of(name(method)), method) << name(method);
    EXPECT_TRUE(names.insert(name(method)).second) << name(method);
  }
  EXPECT_EQ(name(Method::kUnknown), "");
}

TEST(Method, NumbersMeanWhatTheySay) {
  EXPECT_EQ(method_of("initialize"), Method::kInitialize);
  EXPECT_EQ(method_of("ping"), Method::kPing);
  EXPECT_EQ(method_of("tools/call"), Method::kToolsCall);
  EXPECT_EQ(method_of("resources/templates/list"), Method::kResourcesTemplatesList);
  EXPECT_EQ(method_of("completion/complete"), Method::kCompletionComplete);
  EXPECT_EQ(method_of("tasks/cancel"), Method::kTasksCancel);
  EXPECT_EQ(method_of("roots/list"), Method::kRootsList);
  EXPECT_EQ(method_of("notifications/initialized"), Method::kInitialized);
  EXPECT_EQ(method_of("notifications/cancelled"), Method::kCancelled);
  EXPECT_EQ(method_of("notifications/roots/list_changed"), Method::kRootsListChanged);
  EXPECT_EQ(method_of("notifications/tasks/status"), Method::kTasksStatus);
}

TEST(Method, NotificationsAreThoseNamedSo) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(is_notification(method), name(method).starts_with("notifications/")) << name(method);
  }
}

TEST(Method, AnythingElseIsUnknown) {
  for (const std::string_view text :
       {"", "p", "pi", "pin", "Ping", "ping ", "pings", "tools/Call", "tools\\/call", "tool/calls",
        "notifications/", "server/discover", "\xFF\xFF\xFF\xFF"}) {
    EXPECT_EQ(method_of(text), Method::kUnknown) << text;
  }
  EXPECT_EQ(method_of(std::string(1U << 20U, 't')), Method::kUnknown);
}

TEST(Method, OneChangedCharacterIsUnknown) {
  for (std::size_t i = 1; i < kMethods; ++i) {
    const std::string known(name(static_cast<Method>(i)));
    for (std::size_t at = 0; at < known.size(); ++at) {
      auto changed = known;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      EXPECT_EQ(method_of(changed), Method::kUnknown) << changed;
      EXPECT_EQ(method_of(known.substr(0, at)), Method::kUnknown) << known.substr(0, at);
    }
  }
}

}  // namespace
}  // namespace gantry::mcp
