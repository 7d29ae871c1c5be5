#include "client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "json.h"

namespace gantry::bench {
namespace {

constexpr std::string_view kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
    R"("capabilities":{},"clientInfo":{"name":"bench-load","version":"1"}}})";
constexpr std::string_view kInitialized =
    R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

/// A quoted token without its marks.
std::string_view unquote(std::string_view token) {
  return token.size() < 2 ? std::string_view{} : token.substr(1, token.size() - 2);
}

}  // namespace

bool Client::connect() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target_.port);
  const bool known = ::inet_pton(AF_INET, target_.host.c_str(), &address.sin_addr) == 1;
  if (!known || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    fail(std::string("connect: ") + (known ? std::strerror(errno) : "not an IPv4 address"));
    return false;
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  return watch(EPOLL_CTL_ADD, false);
}

bool Client::watch(int operation, bool writable) const {
  epoll_event event{};
  event.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = index_;
  return ::epoll_ctl(epoll_, operation, fd_, &event) == 0;
}

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Turn Client::fail(std::string why) {
  error_ = std::move(why);
  close();
  if (phase_ != Phase::kIdle) phase_ = session_.empty() ? Phase::kClosed : Phase::kIdle;
  return Turn::kFailed;
}

bool Client::initialize() { return send("POST", kInitialize, Phase::kInitialize); }

bool Client::call() {
  ++sequence_;
  id_ = std::to_string(sequence_);
  text_ = "call " + std::to_string(index_) + "/" + id_ + " ";
  if (text_.size() < target_.payload) text_.append(target_.payload - text_.size(), 'x');
  std::string body = R"({"jsonrpc":"2.0","id":)";
  body.reserve(text_.size() + 128);
  body += id_;
  body += R"(,"method":"tools/call","params":{"name":")";
  body += target_.tool;
  body += R"(","arguments":{"text":")";
  body += text_;
  body += R"("}}})";
  return send("POST", body, Phase::kCall);
}

bool Client::end_session() {
  if (session_.empty()) {
    phase_ = Phase::kEnded;
    return false;
  }
  return send("DELETE", {}, Phase::kDelete);
}

bool Client::send(std::string_view method, std::string_view body, Phase phase) {
  phase_ = phase;
  if (fd_ < 0 && !connect()) return false;
  response_.clear();
  request_.clear();
  request_.append(method).append(" ").append(target_.path).append(" HTTP/1.1\r\nHost: ");
  request_.append(target_.host).append(":").append(std::to_string(target_.port));
  request_ += "\r\nAccept: application/json, text/event-stream\r\n";
  if (!version_.empty()) request_.append("MCP-Protocol-Version: ").append(version_).append("\r\n");
  if (!session_.empty()) request_.append("Mcp-Session-Id: ").append(session_).append("\r\n");
  if (method == "POST") {
    request_ += "Content-Type: application/json\r\nContent-Length: ";
    request_.append(std::to_string(body.size())).append("\r\n");
  }
  request_ += "\r\n";
  request_ += body;
  sent_ = 0;
  asked_at_ = std::chrono::steady_clock::now();
  return flush();
}

bool Client::flush() {
  const bool was_blocked = sent_ > 0;
  const ssize_t count = ::send(fd_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN) {
    fail(std::string("send: ") + std::strerror(errno));
    return false;
  }
  if (count > 0) sent_ += static_cast<std::size_t>(count);
  const bool blocked = sent_ < request_.size();
  if (blocked || was_blocked) watch(EPOLL_CTL_MOD, blocked);
  return true;
}

Turn Client::on_io() {
  if (fd_ < 0) return Turn::kNothing;
  if (sent_ < request_.size() && !flush()) return Turn::kFailed;
  static std::array<char, 65536> chunk;  // one thread
  const ssize_t count = ::read(fd_, chunk.data(), chunk.size());
  if (count < 0 && errno == EAGAIN) return Turn::kNothing;
  if (count <= 0) {
    const bool idle = phase_ == Phase::kIdle || phase_ == Phase::kEnded;
    if (!idle) return fail("the connection was closed before the answer");
    close();  // a server may end an idle connection; the next call opens another
    return Turn::kNothing;
  }
  const auto state = response_.feed({chunk.data(), static_cast<std::size_t>(count)});
  if (state == HttpResponse::State::kBroken) return fail("an answer that is not HTTP");
  return state == HttpResponse::State::kDone ? finish() : Turn::kNothing;
}

Turn Client::finish() {
  const Phase asked = phase_;
  phase_ = Phase::kIdle;
  if (response_.close) close();
  if (asked == Phase::kDelete) {
    phase_ = Phase::kEnded;
    return Turn::kEnded;
  }
  if (response_.status < 200 || response_.status > 299) {
    return fail("HTTP status " + std::to_string(response_.status) + ": " +
                response_.body.substr(0, 200));
  }
  if (asked == Phase::kInitialize) return finish_initialize();
  if (asked == Phase::kInitialized) return Turn::kReady;
  return asked == Phase::kCall ? finish_call() : fail("an answer without a question");
}

Turn Client::finish_initialize() {
  const std::string_view message = find_message(response_.body, response_.is_sse, "0");
  const std::string_view version = unquote(member(member(message, "result"), "protocolVersion"));
  if (version.empty()) return fail("no answer to initialize: " + response_.body.substr(0, 200));
  version_ = version;
  session_ = response_.session;
  return send("POST", kInitialized, Phase::kInitialized) ? Turn::kNothing : Turn::kFailed;
}

Turn Client::finish_call() {
  const std::string_view message = find_message(response_.body, response_.is_sse, id_);
  const std::string_view content = member(member(message, "result"), "content");
  // The first item of `content`; an item's text is this call's alone.
  const std::string_view item = content.size() > 1 ? content.substr(1) : content;
  if (unquote(member(item, "text")) == text_) return Turn::kCalled;
  return fail("a wrong answer to id " + id_ + ": " + response_.body.substr(0, 300));
}

}  // namespace gantry::bench
