#include "load_options.h"

#include <algorithm>
#include <charconv>

namespace gantry::bench {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_url(std::string_view url, Target& target) {
  if (url.starts_with("http://")) url.remove_prefix(7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  const std::size_t colon = url.substr(0, slash).rfind(':');
  if (colon == std::string_view::npos) return false;
  target.host = url.substr(0, colon);
  target.path = slash < url.size() ? url.substr(slash) : "/";
  return read_number(url.substr(colon + 1, slash - colon - 1), target.port);
}

bool read_pids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    pid_t pid = 0;
    if (!read_number(text.substr(0, comma), pid)) return false;
    pids.push_back(pid);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--url") return read_url(value, options.target);
  if (name == "--connections") return read_number(value, options.connections);
  if (name == "--seconds") return read_number(value, options.seconds);
  if (name == "--warm-up") return read_number(value, options.warm_up);
  if (name == "--calls") return read_number(value, options.calls);
  if (name == "--payload") return read_number(value, options.target.payload);
  if (name == "--pid") return read_pids(value, options.pids);
  if (name != "--tool") return false;
  options.target.tool = value;
  return true;
}

}  // namespace

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--no-session") {
      options.with_session = false;
    } else if (i + 1 >= argc || !read_option(name, argv[++i], options)) {
      return std::nullopt;
    }
  }
  if (options.target.port == 0 || options.connections == 0) return std::nullopt;
  return options;
}

}  // namespace gantry::bench
