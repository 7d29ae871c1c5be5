// The merged views, kept for every endpoint and set of client capabilities that is in use, and
// pushed to sessions when they change. Lives on the control loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/view.h"

namespace gantry::gateway {

/// A session that looks at a view. on_view comes on its loop, first with the view as it stands.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_view(SnapshotRef view) = 0;
  [[nodiscard]] virtual async::Loop& home() = 0;
};

class Catalogue final : public fabric::FleetObserver {
 public:
  Catalogue(fabric::Fleet& fleet, const std::vector<Endpoint>& endpoints, std::size_t names_max);

  /// Any loop. The watcher is held weakly.
  void watch(std::size_t endpoint, std::string capabilities, std::weak_ptr<Watcher> watcher);
  /// On the control loop, for `status`: what everyone would see who declares nothing.
  [[nodiscard]] SnapshotRef plain(std::size_t endpoint) const;
  void on_settled(std::function<void()> listener) { settled_ = std::move(listener); }

  void on_lists(std::size_t server, const std::string& class_key) override;
  void on_server_state(std::size_t server) override;

 private:
  struct View {
    SnapshotRef snapshot;
    std::vector<std::weak_ptr<Watcher>> watchers;
  };
  void rebuild(std::size_t server);
  static void push(const View& view);

  fabric::Fleet& fleet_;
  const std::vector<Endpoint>& endpoints_;
  std::size_t names_max_;
  std::map<std::pair<std::size_t, std::string>, View> views_;
  std::function<void()> settled_;
};

}  // namespace gantry::gateway
