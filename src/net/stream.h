// Bytes over a connected descriptor: plain (TCP, Unix) or TLS, one interface, never blocking.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace gantry::net {

enum class IoStatus : std::uint8_t {
  kOk,       ///< some bytes went
  kBlocked,  ///< none now: wait for the next event of the descriptor
  kEnd,      ///< the peer closed its side
  kFailed,   ///< the connection is broken: failure() says why
};

struct IoResult {
  IoStatus status = IoStatus::kBlocked;
  std::size_t bytes = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual IoResult read(std::span<char> into) = 0;
  [[nodiscard]] virtual IoResult write(std::span<const iovec> parts) = 0;
  /// True when a read that does not fill its room has emptied the descriptor: the next event tells
  /// of more.
  [[nodiscard]] virtual bool short_read_drains() const = 0;
  [[nodiscard]] virtual std::string failure() const = 0;
  [[nodiscard]] int fd() const { return fd_.number(); }

 protected:
  explicit Stream(base::Fd fd) : fd_(std::move(fd)) {}
  base::Fd fd_;
};

/// Takes a connected (or connecting) non-blocking descriptor.
[[nodiscard]] std::unique_ptr<Stream> plain_stream(base::Fd fd);

}  // namespace gantry::net
