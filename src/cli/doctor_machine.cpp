#include <fmt/format.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/time.h"
#include "cli/admin_client.h"
#include "cli/doctor_checks.h"

namespace gantry::cli {
namespace {

void check_state_folder(Findings& findings) {
  const auto folder = base::state_folder();
  if (!folder) {
    findings.push_back({Verdict::kBad, folder.error().text(), folder.error().hint});
    return;
  }
  struct stat facts{};
  const bool known = ::stat(folder->c_str(), &facts) == 0;
  if (!known || ::access(folder->c_str(), W_OK | X_OK) != 0) {
    findings.push_back({Verdict::kBad,
                        fmt::format("state folder {}: {}", folder->string(), std::strerror(errno)),
                        "set GANTRY_STATE_DIR to a folder that you can write"});
  } else if ((facts.st_mode & 0777U) != 0700 || facts.st_uid != ::geteuid()) {
    findings.push_back({Verdict::kBad,
                        fmt::format("state folder {} is open to others", folder->string()),
                        fmt::format("chmod 700 {}", folder->string())});
  } else {
    findings.push_back({Verdict::kGood,
                        fmt::format("state folder {} is writable, mode 0700", folder->string()),
                        ""});
  }
}

void check_descriptors(const config::Gateway& gateway, Findings& findings) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  // Each connection takes one; instances take three pipes and a pidfd; some stay for the program
  // itself.
  const auto wanted = gateway.limits.connections + (4 * gateway.limits.instances) + 64;
  const bool enough = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted;
  const auto text = fmt::format("open files: {} allowed, {} wanted for limits.connections: {}",
                                limit.rlim_max, wanted, gateway.limits.connections);
  findings.push_back(
      {enough ? Verdict::kGood : Verdict::kDoubt, text,
       enough ? "" : "raise it (ulimit -Hn, LimitNOFILE=) or lower limits.connections"});
}

void check_clock(Findings& findings) {
  const auto now = std::chrono::system_clock::now();
  const bool set = now > std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  findings.push_back({set ? Verdict::kGood : Verdict::kBad, "clock: " + base::timestamp(now),
                      set ? "" : "set the clock: certificates are refused before their time"});
}

/// Nothing where the address can be bound, else why not.
std::optional<std::string> cannot_bind(const config::Listen& listen) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const auto port = std::to_string(listen.port);
  if (const int error = ::getaddrinfo(listen.host.c_str(), port.c_str(), &wanted, &found)) {
    return ::gai_strerror(error);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const base::Fd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (socket && ::bind(socket.number(), found->ai_addr, found->ai_addrlen) == 0)
    return std::nullopt;
  return std::strerror(errno);
}

bool is_ours(const std::string& listen, const Json& status) {
  const auto& endpoints = member(status, "endpoints");
  return std::ranges::any_of(endpoints, [&](const Json& each) {
    return each == listen || each == "http://" + listen || each == "https://" + listen;
  });
}

}  // namespace

void check_machine(const config::Gateway& gateway, Findings& findings) {
  check_state_folder(findings);
  check_descriptors(gateway, findings);
  check_clock(findings);
}

void check_listeners(const config::Gateway& gateway, const Json& status, Findings& findings) {
  for (const auto& listen : gateway.listen) {
    const auto text = listen.text();
    if (is_ours(text, status)) {
      findings.push_back({Verdict::kGood, fmt::format("{} is the running gateway's", text), ""});
      continue;
    }
    std::optional<std::string> why;
    if (!listen.is_unix()) {
      why = cannot_bind(listen);
    } else if (connect_to({listen.socket, {}, 0}, Patience{}.connect)) {
      why = "another process listens there";
    }
    findings.push_back(
        why ? Finding{Verdict::kBad, fmt::format("{}: {}", text, *why),
                      "end what holds it (ss -ltnp), or: gantry up --listen 127.0.0.1:0"}
            : Finding{Verdict::kGood, fmt::format("{} is free", text), ""});
  }
}

}  // namespace gantry::cli
