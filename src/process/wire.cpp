#include "process/wire.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gantry::process {
namespace {

constexpr std::size_t kRoom = CMSG_SPACE(Launch::kCount * sizeof(int));

struct Header {
  std::uint32_t arguments = 0;
  std::uint32_t variables = 0;
};

void append(std::string& bytes, const std::string& text) {
  bytes.append(text.c_str(), text.size() + 1);
}

bool holds_nul(const Spawn& spawn) {
  const auto holds = [](const std::string& text) { return text.contains('\0'); };
  return std::ranges::any_of(spawn.argv, holds) || std::ranges::any_of(spawn.env, holds) ||
         holds(spawn.cwd.string());
}

base::Result<> write_sealed(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return base::fail_errno(errno, "cannot write down what to start");
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return base::fail_errno(errno, "cannot seal what to start");
  }
  return {};
}

/// The descriptors of the message, owned.
std::vector<base::Fd> descriptors_of(msghdr& message) {
  std::vector<base::Fd> found;
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      found.emplace_back(number);
    }
  }
  return found;
}

}  // namespace

int send_launch(int socket, const Launch& launch) {
  const std::array<int, Launch::kCount> numbers{launch.in.number(), launch.out.number(),
                                                launch.err.number(), launch.control.number(),
                                                launch.spec.number()};
  char byte = 'L';
  iovec text{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, kRoom> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(numbers));
  std::memcpy(CMSG_DATA(part), numbers.data(), sizeof(numbers));
  while (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

Received receive_launch(int socket, Launch& launch) {
  char byte = 0;
  iovec text{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, kRoom> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  const auto got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  // An error (ECONNRESET) is told once, before what still waits to be read.
  if (got < 0) return Received::kNothing;
  if (got == 0) return Received::kClosed;
  auto found = descriptors_of(message);
  if (found.size() != Launch::kCount) return Received::kBroken;
  launch = Launch{.in = std::move(found[0]),
                  .out = std::move(found[1]),
                  .err = std::move(found[2]),
                  .control = std::move(found[3]),
                  .spec = std::move(found[4])};
  return Received::kLaunch;
}

void send_report(int control, const Report& report) {
  while (::send(control, &report, sizeof(report), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno != EINTR) return;
  }
}

base::Result<base::Fd> pack(const Spawn& spawn) {
  if (spawn.argv.empty() || spawn.argv[0].empty()) {
    return base::fail(base::Code::kInvalid, "no command is given");
  }
  if (holds_nul(spawn)) {
    return base::fail(base::Code::kInvalid,
                      "a NUL character stands in the command, its environment or its folder");
  }
  const Header header{.arguments = static_cast<std::uint32_t>(spawn.argv.size()),
                      .variables = static_cast<std::uint32_t>(spawn.env.size())};
  std::string bytes(sizeof(header), '\0');
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::error_code error;
  // The keeper stands in another folder.
  const auto cwd = spawn.cwd.empty() ? std::filesystem::current_path(error)
                                     : std::filesystem::absolute(spawn.cwd, error);
  append(bytes, error ? spawn.cwd.string() : cwd.string());
  for (const auto& argument : spawn.argv) append(bytes, argument);
  for (const auto& variable : spawn.env) append(bytes, variable);
  base::Fd file(::memfd_create("gantry-spawn", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return base::fail_errno(errno, "cannot write down what to start");
  GANTRY_TRY(write_sealed(file.number(), bytes));
  return file;
}

std::optional<Spec> Spec::map(int memory_file) {
  struct stat about{};
  if (::fstat(memory_file, &about) != 0 || about.st_size <= 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(about.st_size);
  // Private: execve wants char*, and the file is sealed against writing.
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, memory_file, 0);
  if (at == MAP_FAILED) return std::nullopt;
  Spec spec(std::span(static_cast<char*>(at), size));
  if (!spec.parse()) return std::nullopt;
  return spec;
}

Spec::Spec(Spec&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      cwd_(other.cwd_),
      argv_(std::move(other.argv_)),
      env_(std::move(other.env_)) {}

Spec::~Spec() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

bool Spec::parse() {
  Header header;
  if (bytes_.size() <= sizeof(header) || bytes_.back() != '\0') return false;
  std::memcpy(&header, bytes_.data(), sizeof(header));
  std::vector<char*> texts;
  for (auto* at = bytes_.data() + sizeof(header); at < bytes_.data() + bytes_.size();) {
    texts.push_back(at);
    at += std::strlen(at) + 1;
  }
  const std::size_t arguments = header.arguments;
  if (arguments == 0 || texts.size() != 1 + arguments + header.variables) return false;
  cwd_ = texts[0];
  const auto variables = texts.begin() + 1 + static_cast<std::ptrdiff_t>(arguments);
  argv_.assign(texts.begin() + 1, variables);
  argv_.push_back(nullptr);
  env_.assign(variables, texts.end());
  env_.push_back(nullptr);
  return true;
}

std::string_view Spec::variable(std::string_view name) const {
  for (const char* entry : env_) {
    if (entry == nullptr) break;
    const std::string_view text(entry);
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) {
      return text.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace gantry::process
