#include "net/tls.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace gantry::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return text.data();
}

class TlsStream final : public Stream {
 public:
  TlsStream(base::Fd fd, std::unique_ptr<SSL, FreeSession> session)
      : Stream(std::move(fd)), session_(std::move(session)) {}

  ~TlsStream() override {
    if (SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
  }

  IoResult read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &got);
    return judge(result, got);
  }

  IoResult write(std::span<const iovec> parts) override {
    std::size_t total = 0;
    for (const auto& part : parts) {
      if (part.iov_len == 0) continue;
      ERR_clear_error();
      std::size_t wrote = 0;
      const int result = SSL_write_ex(session_.get(), part.iov_base, part.iov_len, &wrote);
      total += wrote;
      if (result != 1 && total == 0) return judge(result, 0);
      if (result != 1 || wrote < part.iov_len) break;
    }
    return {.status = total > 0 ? IoStatus::kOk : IoStatus::kBlocked, .bytes = total};
  }

  [[nodiscard]] bool short_read_drains() const override { return false; }
  [[nodiscard]] std::string failure() const override { return failure_; }

 private:
  IoResult judge(int result, std::size_t bytes) {
    if (result == 1) return {.status = IoStatus::kOk, .bytes = bytes};
    const int system = errno;
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return {.status = IoStatus::kBlocked, .bytes = 0};
      case SSL_ERROR_ZERO_RETURN:
        return {.status = IoStatus::kEnd, .bytes = 0};
      case SSL_ERROR_SYSCALL:
        if (system == ENOTCONN) return {.status = IoStatus::kBlocked, .bytes = 0};
        failure_ = system != 0 ? std::strerror(system) : "the connection was cut";
        return {.status = IoStatus::kFailed, .bytes = 0};
      default:
        break;
    }
    const auto verdict = SSL_get_verify_result(session_.get());
    failure_ = verdict != X509_V_OK
                   ? fmt::format("certificate: {}", X509_verify_cert_error_string(verdict))
                   : fmt::format("TLS: {}", last_error());
    return {.status = IoStatus::kFailed, .bytes = 0};
  }

  std::unique_ptr<SSL, FreeSession> session_;
  std::string failure_;
};

class OpenSslClient final : public TlsClient {
 public:
  explicit OpenSslClient(std::unique_ptr<SSL_CTX, FreeContext> context)
      : context_(std::move(context)) {}

  base::Result<std::unique_ptr<Stream>> wrap(base::Fd fd, const std::string& host) override {
    std::unique_ptr<SSL, FreeSession> session(SSL_new(context_.get()));
    in6_addr address{};
    const bool literal = ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
    const bool named =
        literal ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host.c_str()) == 1
                : SSL_set1_host(session.get(), host.c_str()) == 1 &&
                      SSL_set_tlsext_host_name(session.get(), host.c_str()) == 1;
    if (!session || !named || SSL_set_fd(session.get(), fd.number()) != 1) {
      return base::fail(base::Code::kInternal, fmt::format("TLS: {}", last_error()));
    }
    SSL_set_connect_state(session.get());
    return std::make_unique<TlsStream>(std::move(fd), std::move(session));
  }

 private:
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

}  // namespace

base::Result<std::shared_ptr<TlsClient>> TlsClient::create() {
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1 ||
      SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return base::fail(base::Code::kInternal, fmt::format("TLS: {}", last_error()));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return std::make_shared<OpenSslClient>(std::move(context));
}

}  // namespace gantry::net
