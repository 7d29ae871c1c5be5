#include "net/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gantry::net {
namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(base::Fd fd) : Stream(std::move(fd)) {}

  IoResult read(std::span<char> into) override {
    return judge(::recv(fd(), into.data(), into.size(), 0), IoStatus::kEnd);
  }

  IoResult write(std::span<const iovec> parts) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());  // NOLINT: sendmsg reads only
    message.msg_iovlen = parts.size();
    return judge(::sendmsg(fd(), &message, MSG_NOSIGNAL), IoStatus::kBlocked);
  }

  [[nodiscard]] bool short_read_drains() const override { return true; }
  [[nodiscard]] std::string failure() const override { return std::strerror(error_); }

 private:
  IoResult judge(ssize_t count, IoStatus none) {
    if (count > 0) return {.status = IoStatus::kOk, .bytes = static_cast<std::size_t>(count)};
    if (count == 0) return {.status = none, .bytes = 0};
    // ENOTCONN: the connect is still under way.
    const bool wait = errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
    if (!wait) error_ = errno;
    return {.status = wait ? IoStatus::kBlocked : IoStatus::kFailed, .bytes = 0};
  }

  int error_ = 0;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(base::Fd fd) {
  return std::make_unique<PlainStream>(std::move(fd));
}

}  // namespace gantry::net
