#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/strings.h"
#include "cli/commands.h"
#include "cli/doctor_checks.h"
#include "cli/json.h"
#include "cli/server_view.h"
#include "cli/test_gateway.h"

namespace gantry::cli {
namespace {

constexpr const char* kStatus = R"({"version":"1.2.3","pid":77,"uptime_ms":3725000,
  "endpoint":"http://127.0.0.1:3010","endpoints":["http://127.0.0.1:3010","unix:/run/g.sock"],
  "config":"gantry.yaml","ready":true,"sessions":2,"streams":1,"in_flight":0,"connections":3,
  "resident_bytes":14680064,"uri_conflicts":[{"uri":"file:///a","servers":["files","other"]}],
  "servers":[
   {"name":"files","kind":"command","target":"node x","state":"ready","cause":"","next_try_ms":null,
    "lists":"live","tools":14,"resources":0,"prompts":0,
    "share":"auto",
    "asks_client":true,"restarts":0,
    "garbage_lines":0,
    "instances":[{"id":"files-1","pid":5,
    "state":"ready","sessions":1,"in_flight":0,"since_ms":61000}],
    "last_stderr":["listening\u001b[31m"],
    "protocol_version":"2025-11-25","server_info":{"name":"fs","version":"1"}},
   {"name":"broken","kind":"command","target":"node y","state":"failed",
    "cause":"exited with status 1",
    "next_try_ms":4000,"lists":"none",
    "tools":0,"resources":0,"prompts":0,"share":"auto",
    "asks_client":false,
    "restarts":3,"garbage_lines":0,"instances":[],"last_stderr":[]}]})";

struct Terminal {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Console console{{.to = &out}, {.to = &err}, in};
};

std::string api(const FakeRequest& request) {
  if (request.target == "/api/v1/status") return http_answer(200, "application/json", kStatus);
  if (request.target == "/api/v1/servers/files") {
    return http_answer(200, "application/json",
                       compact(member(Json::parse(kStatus), "servers")[0]));
  }
  if (request.target == "/api/v1/servers/files/restart")
    return http_answer(202, "application/json", "{}");
  if (request.target == "/api/v1/servers/files/logs?lines=2") {
    return http_answer(200, "application/json",
                       R"({"lines":[{"at":"T1","text":"one"},{"at":"T2","text":"two"}]})");
  }
  if (request.target == "/api/v1/servers/files/logs?follow=1") {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
           "data: {\"at\":\"T2\",\"text\":\"two\"}\n\ndata: {\"at\":\"T3\",\"text\":\"three\"}\n\n";
  }
  return http_answer(404, "application/json",
                     R"({"error":{"code":"not_found","message":"no such server"}})");
}

TEST(Status, ShowsTheGatewayAndEachServer) {
  const FakeGateway gateway(api);
  Terminal terminal;
  EXPECT_EQ(status({}, terminal.console), 0);
  EXPECT_EQ(
      terminal.out.str(),
      "gateway   ready\n"
      "version   1.2.3, process 77, up 1h2m\n"
      "endpoint  http://127.0.0.1:3010/mcp, unix:/run/g.sock\n"
      "config    gantry.yaml\n"
      "load      2 sessions, 1 streams, 0 in flight, 3 connections, 14 MiB resident\n"
      "\n"
      "SERVER  STATE   TOOLS  LISTS  INSTANCES  RESTARTS  CAUSE\n"
      "files   ready   14     live   1          0\n"
      "broken  failed  0      none   0          3         exited with status 1; next try in 4s\n");
  Terminal json;
  EXPECT_EQ(status({.json = true}, json.console), 0);
  EXPECT_EQ(compact(Json::parse(json.out.str())), compact(Json::parse(kStatus)));
}

TEST(Server, ListsShowsRestartsAndTellsLogs) {
  const FakeGateway gateway(api);
  Terminal names;
  EXPECT_EQ(server_ls({.names = true}, names.console), 0);
  EXPECT_EQ(names.out.str(), "files\nbroken\n");
  Terminal shown;
  EXPECT_EQ(server_show({.name = "files"}, shown.console), 0);
  EXPECT_NE(shown.out.str().find("command        node x\n"), std::string::npos) << shown.out.str();
  EXPECT_NE(shown.out.str().find("files-1   5    ready  1         0          1m1s\n"),
            std::string::npos)
      << shown.out.str();
  EXPECT_NE(shown.out.str().find("  listening?[31m\n"), std::string::npos);
  Terminal restarted;
  EXPECT_EQ(server_restart({.name = "files"}, restarted.console), 0);
  EXPECT_EQ(restarted.out.str(), "");
  Terminal logs;
  EXPECT_EQ(server_logs({.name = "files", .lines = 2}, logs.console), 0);
  EXPECT_EQ(logs.out.str(), "T1 one\nT2 two\n");
}

TEST(Server, FollowedLogsLoseAndRepeatNothing) {
  // The stream is opened first and the backlog read meanwhile: the fake answers one connection at a
  // time and closes it, so both come whole.
  const FakeGateway gateway(api);
  Terminal logs;
  EXPECT_EQ(server_logs({.name = "files", .lines = 2, .follow = true}, logs.console), 0);
  EXPECT_EQ(logs.out.str(), "T1 one\nT2 two\nT3 three\n");
}

TEST(Server, AnUnknownNameGetsASuggestion) {
  const FakeGateway gateway(api);
  Terminal terminal;
  EXPECT_EQ(server_show({.name = "fils"}, terminal.console), 1);
  EXPECT_EQ(
      terminal.err.str(),
      "error: no such server\nhint: did you mean 'files'? see the servers: gantry server ls\n");
}

TEST(Down, WaitsForTheEndOfTheProcess) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const auto child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(pipe[1]);
    [[maybe_unused]] const auto got = ::read(pipe[0], &byte, 1);
    ::_exit(0);
  }
  const FakeGateway gateway([&](const FakeRequest& request) {
    if (request.target == "/api/v1/status") {
      return http_answer(200, "application/json", "{\"pid\":" + std::to_string(child) + "}");
    }
    ::close(pipe[1]);  // lets the child end
    return http_answer(202, "application/json", "{}");
  });
  Terminal terminal;
  EXPECT_EQ(down({.json = true}, terminal.console), 0);
  EXPECT_EQ(terminal.out.str(), "{\"stopped\":true,\"pid\":" + std::to_string(child) + "}\n");
  EXPECT_EQ(gateway.requests().back().method + gateway.requests().back().target,
            "POST/api/v1/down");
  ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), child) << "down returned before the process ended";
  ::close(pipe[0]);
}

TEST(Health, ReadsTheEndpointOfTheStateFile) {
  std::string readiness = http_answer(200, "application/json", R"({"status":"ok"})");
  const FakeGateway gateway([&](const FakeRequest& request) {
    return request.target == "/health/readiness" ? readiness
                                                 : http_answer(200, "text/plain", "alive");
  });
  Terminal absent;
  EXPECT_EQ(health({}, absent.console), 4);
  std::ofstream(gateway.folder() / "gateway.json")
      << R"({"endpoint":"unix:)" << gateway.socket().string() << "\"}";
  Terminal ready;
  EXPECT_EQ(health({}, ready.console), 0);
  EXPECT_EQ(ready.out.str(), "readiness: ok\n");
  readiness =
      http_answer(503, "application/json", R"({"status":"starting","cause":"files starts"})");
  Terminal waiting;
  EXPECT_EQ(health({}, waiting.console), 1);
  EXPECT_EQ(waiting.out.str(), "readiness: files starts\n");
  Terminal alive;
  EXPECT_EQ(health({.url = {}, .probe = Probe::kLiveness}, alive.console), 0);
  Terminal gone;
  EXPECT_EQ(health({.url = "unix:" + (gateway.folder() / "none.sock").string()}, gone.console), 4);
  Terminal wrong;
  EXPECT_EQ(health({.url = "gateway:1"}, wrong.console), 2);
}

TEST(Doctor, TellsWhatTheGatewaySays) {
  Findings findings;
  check_gateway(Json::parse(kStatus), findings);
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_EQ(findings[0].verdict, Verdict::kGood);
  EXPECT_EQ(findings[1].verdict, Verdict::kDoubt);  // another version
  EXPECT_EQ(findings[2].verdict, Verdict::kBad);
  EXPECT_EQ(findings[2].what, "server 'broken' fails: exited with status 1; next try in 4s");
  EXPECT_EQ(findings[2].hint, "gantry server logs broken");
  EXPECT_EQ(findings[3].what, "several servers offer file:///a: files, other");
  Findings none;
  check_gateway(Json(), none);
  ASSERT_EQ(none.size(), 1U);
  EXPECT_EQ(none[0].verdict, Verdict::kDoubt);
}

TEST(Doctor, FindsPrograms) {
  EXPECT_EQ(find_program("sh", "/nowhere:/bin"), "/bin/sh");
  EXPECT_EQ(find_program("/bin/sh", ""), "/bin/sh");
  EXPECT_FALSE(find_program("sh", "/nowhere"));
  EXPECT_FALSE(find_program("/etc/passwd", ""));
  EXPECT_FALSE(find_program("/bin", ""));
  config::Config config;
  auto& server = config.servers.emplace_back();
  server.name = "a";
  auto& command = server.kind.emplace<config::Command>();
  command.program = "npx";
  command.env = {{"PATH", "/nowhere"}};
  Findings findings;
  check_servers(config, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].what, "server 'a': npx is not in PATH");
  EXPECT_EQ(findings[0].hint, "install Node.js: apt-get install nodejs npm");
}

TEST(Doctor, SeesWhoHoldsAnAddress) {
  const FakeGateway gateway([](const FakeRequest&) { return std::string(); });
  config::Gateway settings;
  settings.listen = {{.host = {}, .port = 0, .socket = gateway.socket()},
                     {.host = {}, .port = 0, .socket = gateway.folder() / "free.sock"}};
  Findings findings;
  check_listeners(settings, Json(), findings);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].verdict, Verdict::kBad);
  EXPECT_EQ(findings[1].verdict, Verdict::kGood);
  Findings ours;
  check_listeners(settings, Json{{"endpoints", {"unix:" + gateway.socket().string()}}}, ours);
  EXPECT_EQ(ours[0].verdict, Verdict::kGood);
}

TEST(SpanText, ShowsTwoUnits) {
  EXPECT_EQ(span_text(120), "120ms");
  EXPECT_EQ(span_text(4'100), "4s");
  EXPECT_EQ(span_text(3'725'000), "1h2m");
  EXPECT_EQ(span_text(200'000'000), "2d7h");
  EXPECT_EQ(span_text(-5), "0s");
}

}  // namespace
}  // namespace gantry::cli
