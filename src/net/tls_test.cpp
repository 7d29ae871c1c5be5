#include "net/tls.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>

#include "net/http_client.h"
#include "net/test_support.h"

namespace gantry::net {
namespace {

template <auto kFree>
struct Free {
  template <typename Type>
  void operator()(Type* one) const {
    kFree(one);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;

Key make_key() { return Key(EVP_EC_gen("P-256")); }

/// A certificate for `name`, signed by `issuer` (itself where that is null).
Certificate make_certificate(EVP_PKEY* key, const char* name, const char* extension,
                             const char* value, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  auto* subject = X509_get_subject_name(made.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(made.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
  auto* added = X509V3_EXT_conf(nullptr, nullptr, extension, value);
  EXPECT_NE(added, nullptr);
  X509_add_ext(made.get(), added, -1);
  X509_EXTENSION_free(added);
  EXPECT_GT(X509_sign(made.get(), issuer == nullptr ? key : issuer_key, EVP_sha256()), 0);
  return made;
}

/// Serves one connection: a handshake, then an answer to whatever comes.
class TlsServer {
 public:
  TlsServer(EVP_PKEY* key, X509* certificate, int version)
      : context_(SSL_CTX_new(TLS_server_method())),
        listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SSL_CTX_use_certificate(context_.get(), certificate);
    SSL_CTX_use_PrivateKey(context_.get(), key);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    auto address = loopback(0);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_.number(), raw, size), 0);
    EXPECT_EQ(::getsockname(listening_.number(), raw, &size), 0);
    EXPECT_EQ(::listen(listening_.number(), 4), 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() { thread_.join(); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port = 0;
  std::string sni;           // of the thread, until it ended
  std::size_t requests = 0;  // likewise
  void wait() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
  }

 private:
  void serve() {
    pollfd ready{.fd = listening_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kHungMillis) != 1) return;
    const base::Fd fd(::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    const timeval hung{.tv_sec = kHungMillis / 1000, .tv_usec = 0};
    ::setsockopt(fd.number(), SOL_SOCKET, SO_RCVTIMEO, &hung, sizeof hung);
    const Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), fd.number());
    if (SSL_accept(session.get()) != 1) return;
    if (const auto* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name)) sni = name;
    std::string held;
    std::array<char, 16384> room{};
    for (int got = 0; (got = SSL_read(session.get(), room.data(), room.size())) > 0;) {
      held.append(room.data(), static_cast<std::size_t>(got));
      while (answer(session.get(), held)) ++requests;
    }
  }
  bool answer(SSL* session, std::string& held) {
    const auto end = held.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const bool large = held.starts_with("GET /large");
    held.erase(0, end + 4);
    const auto text = large ? ok(std::string(1U << 20U, 'z')) : ok("secret");
    return SSL_write(session, text.data(), static_cast<int>(text.size())) > 0;
  }

  Context context_;
  base::Fd listening_;
  std::thread thread_;
};

class Answer final : public ResponseSink {
 public:
  void on_head(const ResponseHead&) override {}
  void on_body(std::string_view piece, bool last) override {
    body_.append(piece);
    if (last) ended.add(std::exchange(body_, {}));
  }
  void on_failed(base::Error error, Sent sent) override {
    ended.add((sent == Sent::kNever ? "never: " : "maybe: ") + error.text());
  }
  Log ended;

 private:
  std::string body_;
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "gantry-tls-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    authority_key_ = make_key();
    authority_ = make_certificate(authority_key_.get(), "Test CA", "basicConstraints",
                                  "critical,CA:TRUE", nullptr, nullptr);
    key_ = make_key();
    const auto file = (folder_ / "ca.pem").string();
    auto* bio = BIO_new_file(file.c_str(), "w");
    PEM_write_bio_X509(bio, authority_.get());
    BIO_free(bio);
    if (const char* before = std::getenv("SSL_CERT_FILE")) before_ = before;
    ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  }
  void TearDown() override {
    before_ ? ::setenv("SSL_CERT_FILE", before_->c_str(), 1) : ::unsetenv("SSL_CERT_FILE");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] Certificate signed_for(const char* names) const {
    return make_certificate(key_.get(), "server", "subjectAltName", names, authority_.get(),
                            authority_key_.get());
  }
  /// What comes of GET target for each of the targets, one after the other, on one pool.
  std::vector<std::string> ask(const TlsServer& server, const std::string& host,
                               const std::vector<std::string>& targets = {"/"}) {
    LoopThread loop;
    async::Offload offload;
    const auto tls = TlsClient::create();
    EXPECT_TRUE(tls);
    std::unique_ptr<HttpPool> pool;
    loop.run([&] {
      pool = std::make_unique<HttpPool>(
          ClientContext{.loop = loop.loop(), .offload = offload, .tls = *tls},
          Address{.tls = true, .host = host, .port = server.port, .socket = {}},
          base::Millis(60'000));
    });
    std::vector<std::string> answers;
    for (const auto& target : targets) {
      Answer answer;
      const auto request = get(target);
      loop.run([&] { pool->send({request}, answer); });
      answers.push_back(answer.ended.wait(1).back());
    }
    loop.run([&] { pool.reset(); });
    return answers;
  }

  Key key_;

 private:
  std::filesystem::path folder_;
  Key authority_key_;
  Certificate authority_;
  std::optional<std::string> before_;
};

TEST_F(TlsTest, TalksToAVerifiedServerInBothVersions) {
  const auto certificate = signed_for("DNS:localhost");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(key_.get(), certificate.get(), version);
    const auto answers = ask(server, "localhost", {"/", "/large", "/"});
    EXPECT_EQ(answers, (std::vector<std::string>{"secret", std::string(1U << 20U, 'z'), "secret"}));
    server.wait();
    EXPECT_EQ(server.requests, 3U) << "all on the one connection that it serves";
    EXPECT_EQ(server.sni, "localhost");
  }
}

TEST_F(TlsTest, AnAddressMustBeInTheCertificate) {
  const auto certificate = signed_for("IP:127.0.0.1");
  TlsServer server(key_.get(), certificate.get(), TLS1_3_VERSION);
  EXPECT_EQ(ask(server, "127.0.0.1"), std::vector<std::string>{"secret"});
  server.wait();
  EXPECT_EQ(server.sni, "") << "an address is no name to send";
}

TEST_F(TlsTest, RefusesTheNameOfAnother) {
  for (const auto& [names, host] : std::vector<std::pair<const char*, std::string>>{
           {"DNS:other.example", "localhost"},
           {"DNS:localhost", "127.0.0.1"},
           {"IP:127.0.0.2", "127.0.0.1"},
           {"DNS:127.0.0.1", "127.0.0.1"},
           {"DNS:*.localhost", "localhost"},
       }) {
    const auto certificate = signed_for(names);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsServer server(key_.get(), certificate.get(), version);
      const auto told = ask(server, host).front();
      EXPECT_TRUE(told.starts_with("never: ") && told.contains("certificate: ") &&
                  told.contains("mismatch"))
          << names << told;
      server.wait();
      EXPECT_EQ(server.requests, 0U);
    }
  }
}

TEST_F(TlsTest, RefusesWhatNobodySigned) {
  const auto certificate = make_certificate(key_.get(), "localhost", "subjectAltName",
                                            "DNS:localhost", nullptr, nullptr);
  TlsServer server(key_.get(), certificate.get(), TLS1_3_VERSION);
  const auto told = ask(server, "localhost").front();
  EXPECT_TRUE(told.starts_with("never: ") && told.contains("certificate: self")) << told;
  server.wait();
  EXPECT_EQ(server.requests, 0U);
}

TEST_F(TlsTest, RefusesOldVersions) {
  const auto certificate = signed_for("DNS:localhost");
  TlsServer server(key_.get(), certificate.get(), TLS1_1_VERSION);
  const auto told = ask(server, "localhost").front();
  EXPECT_TRUE(told.starts_with("never: ") && told.contains("TLS")) << told;
  server.wait();
  EXPECT_EQ(server.requests, 0U);
}

TEST_F(TlsTest, AServerWithoutTlsIsAnError) {
  Upstream upstream;
  LoopThread loop;
  async::Offload offload;
  Answer answer;
  std::unique_ptr<HttpPool> pool;
  loop.run([&] {
    pool = std::make_unique<HttpPool>(
        ClientContext{.loop = loop.loop(), .offload = offload, .tls = TlsClient::create().value()},
        Address{.tls = true, .host = "127.0.0.1", .port = upstream.port, .socket = {}},
        base::Millis(60'000));
    pool->send({"GET / HTTP/1.1\r\n\r\n"}, answer);
  });
  auto peer = upstream.accept();
  peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto told = answer.ended.wait(1).back();
  EXPECT_TRUE(told.starts_with("never: ") && told.contains("TLS")) << told;
  loop.run([&] { pool.reset(); });
}

}  // namespace
}  // namespace gantry::net
