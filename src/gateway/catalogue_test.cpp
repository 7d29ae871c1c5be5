#include "gateway/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/test_fleet.h"

namespace gantry::gateway {
namespace {

struct Looker final : Watcher {
  explicit Looker(async::Loop& of) : loop(of) {}
  void on_view(SnapshotRef view) override {
    views.push_back(std::move(view));
    if (const auto once = std::exchange(on_each, nullptr)) once();
  }
  async::Loop& home() override { return loop; }

  async::Loop& loop;
  std::vector<SnapshotRef> views;
  std::function<void()> on_each;  ///< runs inside the next one
};

class CatalogueTest : public FleetTest {
 protected:
  void open_catalogue() {
    config::Config config;
    config.servers = servers_;
    endpoints_ = endpoints(config);
    open();
    catalogue_ = std::make_unique<Catalogue>(*fleet_, endpoints_, 48);
  }
  std::shared_ptr<Looker> watch(std::size_t endpoint, std::string capabilities = "{}") {
    auto made = std::make_shared<Looker>(loop_.loop());
    loop_.on([&] { catalogue_->watch(endpoint, std::move(capabilities), made); });
    return made;
  }

  std::vector<Endpoint> endpoints_;
  std::unique_ptr<Catalogue> catalogue_;
};

TEST_F(CatalogueTest, gives_the_view_at_once_and_whenever_its_servers_change) {
  add("one", R"({"tools":[{"name":"a"}]})");
  add("two", R"({"tools":[{"name":"b"}]})");
  open_catalogue();
  const auto all = watch(0);
  const auto only_one = watch(1);
  ASSERT_EQ(all->views.size(), 1U);
  EXPECT_EQ(all->views[0]->lists[0], R"([{"name":"one__a"},{"name":"two__b"}])");
  EXPECT_EQ(only_one->views.at(0)->lists[0], R"([{"name":"one__a"}])");
  int settled = 0;
  catalogue_->on_settled([&] { ++settled; });
  loop_.on([&] { catalogue_->on_server_state(1); });
  EXPECT_EQ(all->views.size(), 2U);
  EXPECT_EQ(only_one->views.size(), 1U);
  EXPECT_EQ(settled, 1);
  loop_.on([&] { catalogue_->on_lists(0, "{}"); });
  EXPECT_EQ(all->views.size(), 3U);
  EXPECT_EQ(only_one->views.size(), 2U);
  EXPECT_EQ(settled, 2);
}

TEST_F(CatalogueTest, makes_one_view_for_all_who_see_the_same) {
  add("one", R"({"tools":[{"name":"a"}]})");
  open_catalogue();
  const auto first = watch(0);
  const auto second = watch(0);
  const auto other = watch(0, R"({"sampling":{}})");
  EXPECT_EQ(first->views.at(0), second->views.at(0));
  EXPECT_NE(first->views.at(0), other->views.at(0));
  loop_.on([&] { catalogue_->on_server_state(0); });
  EXPECT_EQ(first->views.at(1), second->views.at(1));
  EXPECT_NE(first->views.at(1), first->views.at(0));
  EXPECT_EQ(catalogue_->plain(0)->lists[0], R"([{"name":"one__a"}])");
}

TEST_F(CatalogueTest, forgets_who_is_gone) {
  add("one", R"({"tools":[{"name":"a"}]})");
  open_catalogue();
  auto gone = watch(0);
  const std::weak_ptr<const Snapshot> held = gone->views.at(0);
  gone.reset();
  EXPECT_FALSE(held.expired());  // until something changes
  loop_.on([&] { catalogue_->on_server_state(0); });
  EXPECT_TRUE(held.expired());
}

TEST_F(CatalogueTest, may_be_used_from_inside_what_it_tells) {
  add("one", R"({"tools":[{"name":"a"}]})");
  open_catalogue();
  auto first = watch(0);
  auto second = watch(0);
  auto third = watch(0);
  std::vector<std::shared_ptr<Looker>> more;
  first->on_each = [&] {
    second.reset();                  // one who would be told next
    catalogue_->on_server_state(0);  // all of them anew
    for (int at = 0; at < 20; ++at) {
      more.push_back(std::make_shared<Looker>(loop_.loop()));
      catalogue_->watch(0, "{}", more.back());
    }
  };
  loop_.on([&] { catalogue_->on_server_state(0); });
  EXPECT_EQ(first->views.size(), 3U);
  EXPECT_EQ(third->views.size(), 3U);
  EXPECT_EQ(third->views.back(), first->views.back());
  for (const auto& one : more) EXPECT_EQ(one->views.back(), first->views.back());
}

}  // namespace
}  // namespace gantry::gateway
