#include "gateway/catalogue.h"

#include <algorithm>

namespace gantry::gateway {

Catalogue::Catalogue(fabric::Fleet& fleet, const std::vector<Endpoint>& endpoints,
                     std::size_t names_max)
    : fleet_(fleet), endpoints_(endpoints), names_max_(names_max) {
  fleet_.observe(*this);
}

void Catalogue::watch(std::size_t endpoint, std::string capabilities,
                      std::weak_ptr<Watcher> watcher) {
  fleet_.loop().dispatch([this, endpoint, key = std::move(capabilities), who = std::move(watcher)] {
    auto& view = views_[{endpoint, key}];
    if (!view.snapshot) view.snapshot = build(endpoints_[endpoint], fleet_, key, names_max_);
    view.watchers.push_back(who);
    if (const auto alive = who.lock()) {
      alive->home().dispatch([alive, snapshot = view.snapshot] { alive->on_view(snapshot); });
    }
  });
}

SnapshotRef Catalogue::plain(std::size_t endpoint) const {
  return build(endpoints_[endpoint], fleet_, "{}", names_max_);
}

void Catalogue::on_lists(std::size_t server, const std::string&) {
  rebuild(server);
  if (settled_) settled_();
}

void Catalogue::on_server_state(std::size_t server) {
  rebuild(server);
  if (settled_) settled_();
}

void Catalogue::rebuild(std::size_t server) {
  for (auto at = views_.begin(); at != views_.end();) {
    auto& [key, view] = *at;
    std::erase_if(view.watchers, [](const auto& one) { return one.expired(); });
    if (view.watchers.empty()) {  // nobody looks: built anew when somebody does
      at = views_.erase(at);
      continue;
    }
    const auto& endpoint = endpoints_[key.first];
    if (std::ranges::find(endpoint.servers, server) != endpoint.servers.end()) {
      view.snapshot = build(endpoint, fleet_, key.second, names_max_);
      push(view);
    }
    ++at;
  }
}

void Catalogue::push(const View& view) {
  // Copies: who is told may watch, or change what is watched, at once.
  const auto watchers = view.watchers;
  for (const auto& watcher : watchers) {
    if (const auto alive = watcher.lock()) {
      alive->home().dispatch([alive, snapshot = view.snapshot] { alive->on_view(snapshot); });
    }
  }
}

}  // namespace gantry::gateway
