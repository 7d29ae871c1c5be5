#include "cli/test_gateway.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/assert.h"
#include "base/strings.h"

namespace gantry::cli {

FakeGateway::FakeGateway(Answer answer) : answer_(std::move(answer)) {
  std::string name = std::filesystem::temp_directory_path() / "gantry-test-XXXXXX";
  GANTRY_ASSERT(::mkdtemp(name.data()) != nullptr);
  folder_ = name;
  ::setenv("GANTRY_STATE_DIR", name.c_str(), 1);
  listener_ = base::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket().string();
  GANTRY_ASSERT(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  GANTRY_ASSERT(
      ::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  GANTRY_ASSERT(::listen(listener_.number(), 16) == 0);
  stop_ = base::Fd(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { serve(); });
}

FakeGateway::~FakeGateway() {
  GANTRY_ASSERT(::eventfd_write(stop_.number(), 1) == 0);
  thread_.join();
  ::unsetenv("GANTRY_STATE_DIR");
  std::filesystem::remove_all(folder_);
}

std::vector<FakeRequest> FakeGateway::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeGateway::serve() {
  while (true) {
    std::array<pollfd, 2> entries{{{listener_.number(), POLLIN, 0}, {stop_.number(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) <= 0) continue;
    if (entries[1].revents != 0) return;
    const base::Fd connection(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) handle(connection);
  }
}

void FakeGateway::handle(const base::Fd& connection) {
  std::string raw;
  FakeRequest request;
  std::size_t wanted = std::string::npos;
  while (raw.size() < wanted) {
    std::array<char, 4096> buffer{};
    const auto got = ::recv(connection.number(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    raw.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = raw.find("\r\n\r\n");
    if (end == std::string::npos || wanted != std::string::npos) continue;
    request.head = raw.substr(0, end + 2);
    const auto at = request.head.find("Content-Length: ");
    const auto length = at == std::string::npos ? "0" : request.head.substr(at + 16);
    wanted = end + 4 + std::strtoull(length.c_str(), nullptr, 10);
  }
  request.body = raw.substr(request.head.size() + 2);
  const auto words = base::split(request.head, ' ');
  request.method = words.at(0);
  request.target = words.at(1);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const auto answer = answer_(request);
  std::size_t sent = 0;
  while (sent < answer.size()) {
    const auto wrote =
        ::send(connection.number(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) return;
    sent += static_cast<std::size_t>(wrote);
  }
}

std::string http_answer(int status, const std::string& type, const std::string& body,
                        const std::string& more_headers) {
  return fmt::format("HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}",
                     status, type, body.size(), more_headers, body);
}

}  // namespace gantry::cli
