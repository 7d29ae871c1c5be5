// For tests: a fleet whose servers' lists are stored, so that none has to run.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fabric/fleet.h"
#include "transport/test_loop.h"

namespace gantry::gateway {

class FleetTest : public testing::Test {
 protected:
  ~FleetTest() override {
    if (!fleet_) return;
    bool gone = false;
    loop_.on([&] { fleet_->stop([&] { gone = true; }); });
    EXPECT_TRUE(loop_.wait([&] { return gone; }));
    loop_.on([&] { fleet_.reset(); });
  }

  /// A server with these lists: a result with any of tools, prompts, resources, resourceTemplates.
  config::Server& add(std::string name, std::string_view lists, std::string initialize = "{}") {
    auto& server = servers_.emplace_back();
    server.name = std::move(name);
    server.fingerprint = "print";
    fabric::Lists stored;
    stored.initialize = std::move(initialize);
    for (std::size_t kind = 0; kind < fabric::kListKinds; ++kind) {
      const auto& rule = fabric::list_kind(kind);
      stored.*rule.items = mcp::list_items(lists, rule.member, rule.key);
    }
    EXPECT_TRUE(fabric::store(folder_.path() / "lists", server.name, "print", stored));
    return server;
  }
  void open(fabric::FleetLimits limits = {}) {
    runtime::Tools tools;
    tools.offload = &loop_.offload();
    fleet_ = std::make_unique<fabric::Fleet>(std::vector<async::Loop*>{&loop_.loop()}, tools,
                                             servers_, limits, folder_.path());
  }

  transport::TestFolder folder_;
  transport::TestLoop loop_;
  std::vector<config::Server> servers_;
  std::unique_ptr<fabric::Fleet> fleet_;
};

}  // namespace gantry::gateway
