#include "observe/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/strings.h"
#include "base/time.h"

namespace gantry::observe {
namespace {

std::atomic<Level> least_level{Level::kInfo};
std::atomic<Format> chosen_format{Format::kText};

/// The file behind stderr, where it is one that is rotated.
struct LogFile {
  std::mutex mutex;
  std::string path;
  std::size_t most = 0;
  unsigned kept = 0;
  std::size_t written = 0;
};
LogFile& log_file() {
  static LogFile file;
  return file;
}

void turn_over(LogFile& file) {
  for (unsigned number = file.kept; number > 0; --number) {
    const auto older = file.path + "." + std::to_string(number);
    const auto newer = number == 1 ? file.path : file.path + "." + std::to_string(number - 1);
    std::rename(newer.c_str(), older.c_str());
  }
  const int fd = ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;  // the old file goes on
  ::dup2(fd, STDERR_FILENO);
  ::close(fd);
  file.written = 0;
}

constexpr std::array<std::string_view, 4> kJsonNames = {"DEBUG", "INFO", "WARN", "ERROR"};
constexpr std::array<std::string_view, 4> kTextNames = {"debug", "info ", "warn ", "error"};

std::string_view name_of(Level level, Format format) {
  const auto at = static_cast<std::size_t>(level);
  return format == Format::kJson ? kJsonNames.at(at) : kTextNames.at(at);
}

std::string as_json(Level level, std::string_view event, std::initializer_list<Field> fields,
                    const std::string& now) {
  // OpenTelemetry's names for a log record in JSON.
  std::string line = R"({"timestamp":")" + now + R"(","severity_text":")";
  line.append(name_of(level, Format::kJson))
      .append(R"(","event_name":")")
      .append(event)
      .append("\"");
  for (const auto& field : fields) {
    line.append(",\"").append(field.key).append("\":");
    line.append(field.quoted ? base::json_quote(field.value) : field.value);
  }
  return line.append("}\n");
}

bool plain(std::string_view text) {
  // Control characters least of all: a terminal would obey them.
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == '"' || c == '\\' || c == '=';
  });
}

std::string as_text(Level level, std::string_view event, std::initializer_list<Field> fields,
                    const std::string& now) {
  std::string line = now.substr(11, 12);
  line.append(" ").append(name_of(level, Format::kText)).append(" ").append(event);
  for (const auto& field : fields) {
    line.append(" ").append(field.key).append("=");
    line.append(field.quoted && !plain(field.value) ? base::json_quote(field.value) : field.value);
  }
  return line.append("\n");
}

}  // namespace

void configure(Level least, Format format) {
  least_level = least;
  chosen_format = format;
}

void rotate(std::string path, std::size_t most, unsigned kept) {
  auto& file = log_file();
  file.path = std::move(path);
  file.most = most;
  file.kept = kept;
  struct stat status{};
  if (::fstat(STDERR_FILENO, &status) == 0) file.written = static_cast<std::size_t>(status.st_size);
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  const auto now = base::timestamp(std::chrono::system_clock::now());
  const auto line = chosen_format.load(std::memory_order_relaxed) == Format::kJson
                        ? as_json(level, event, fields, now)
                        : as_text(level, event, fields, now);
  // A log that cannot be written has nowhere to say so.
  [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, line.data(), line.size());
  auto& file = log_file();
  if (file.path.empty()) return;
  const std::scoped_lock lock(file.mutex);
  file.written += line.size();
  if (file.written > file.most) turn_over(file);
}

}  // namespace gantry::observe
