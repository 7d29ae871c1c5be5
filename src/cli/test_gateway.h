// For tests: a gateway of a few lines behind a Unix socket in a state folder of its own. A thread
// answers one connection after the other with what the test's function says.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace gantry::cli {

struct FakeRequest {
  std::string method;
  std::string target;
  std::string head;  ///< all of it, as it came
  std::string body;
};

class FakeGateway {
 public:
  /// Gives the bytes that are written back before the connection is closed.
  using Answer = std::function<std::string(const FakeRequest&)>;

  /// Sets GANTRY_STATE_DIR until the end of the object.
  explicit FakeGateway(Answer answer);
  ~FakeGateway();
  FakeGateway(const FakeGateway&) = delete;
  FakeGateway& operator=(const FakeGateway&) = delete;

  [[nodiscard]] std::filesystem::path socket() const { return folder_ / "gantry.sock"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::vector<FakeRequest> requests() const;

 private:
  void serve();
  void handle(const base::Fd& connection);

  Answer answer_;
  std::filesystem::path folder_;
  base::Fd listener_;
  base::Fd stop_;
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::thread thread_;
};

/// "HTTP/1.1 STATUS X\r\n…" with a Content-Length.
[[nodiscard]] std::string http_answer(int status, const std::string& type, const std::string& body,
                                      const std::string& more_headers = {});

}  // namespace gantry::cli
