// TLS towards upstreams: 1.2 and 1.3, certificates and names verified, always.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace gantry::net {

/// What all client connections share: the trusted certificates of the system (or SSL_CERT_FILE,
/// SSL_CERT_DIR).
class TlsClient {
 public:
  [[nodiscard]] static base::Result<std::shared_ptr<TlsClient>> create();
  virtual ~TlsClient() = default;
  /// The handshake runs with the first reads and writes; `host` is sent (SNI) and must be in the
  /// certificate.
  [[nodiscard]] virtual base::Result<std::unique_ptr<Stream>> wrap(base::Fd fd,
                                                                   const std::string& host) = 0;
};

}  // namespace gantry::net
