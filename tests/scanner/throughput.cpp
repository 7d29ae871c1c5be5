// Prints how many megabytes a second the scanner reads, by the kind of message. A figure to look
// at, not a test.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "mcp/envelope.h"

namespace {

constexpr std::size_t kSize = 1U << 20U;

std::string result_of(std::string_view content) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":7,"result":{{"content":{}}}}})", content);
}

std::string repeated(std::string_view part, std::size_t size) {
  std::string text;
  while (text.size() < size) text += part;
  return text;
}

std::string text_of(std::string_view part, std::size_t size) {
  return result_of(fmt::format(R"([{{"type":"text","text":"{}"}}])", repeated(part, size)));
}

std::string list_of(std::string_view element) {
  auto elements = repeated(fmt::format("{},", element), kSize);
  elements.pop_back();
  return result_of(fmt::format("[{}]", elements));
}

/// The best of several runs, each long enough for the clock.
void measure(std::string_view what, const std::string& message) {
  using Clock = std::chrono::steady_clock;
  const auto rounds = std::max<std::size_t>(1, (16U << 20U) / message.size());
  double best = 0;
  for (int run = 0; run < 9; ++run) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < rounds; ++i) {
      if (!gantry::mcp::scan(message)) {
        fmt::print("{}: refused\n", what);
        return;
      }
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    best = std::max(best, static_cast<double>(message.size() * rounds) / took.count());
  }
  fmt::print("{:<34}{:>9} bytes {:>8.0f} MB/s {:>10.0f} ns\n", what, message.size(), best / 1e6,
             static_cast<double>(message.size()) / best * 1e9);
}

}  // namespace

int main() {
  measure("a small call",
          R"({"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"everything__echo",)"
          R"("arguments":{"message":"hello"},"_meta":{"progressToken":12}}})");
  measure(
      "a small result",
      R"({"jsonrpc":"2.0","id":12,"result":{"content":[{"type":"text","text":"Echo: hello"}]}})");
  measure("text, ASCII", text_of("The quick brown fox jumps over the lazy dog. ", kSize));
  measure("text, base64", text_of("iVBORw0KGgoAAAANSUhEUgAAABAAAAAQ", kSize));
  measure("text, source code with escapes",
          text_of(R"(  if (name == \"a\") {\n    return value[0];\n  }\n)", kSize));
  measure("text, German", text_of("Die Größe der Übung überraschte alle schönen Gäste. ", kSize));
  measure("text, Chinese", text_of("模型上下文协议是一个开放标准", kSize));
  measure("text, \\u escapes", text_of(R"(\u6a21\u578b)", kSize));
  measure("small objects", list_of(R"({"id":17,"name":"a tool","ok":true,"tags":["x","y"]})"));
  measure("integers", list_of("17,123456,9,-4711,100000"));
  measure("decimals", list_of("12.75,-0.001,3.14159265358979,1e-9,6.02e23"));
  measure("brackets", list_of("[[],[[]],{},[{}]]"));
  measure("pretty-printed",
          list_of("\n    {\n      \"id\": 17,\n      \"name\": \"a tool\"\n    }"));
  return 0;
}
