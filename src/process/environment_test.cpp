#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/keeper.h"

namespace gantry::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Named = std::vector<std::pair<std::string, std::string>>;

/// An environment for one test.
class Environment : public ::testing::Test {
 protected:
  // Through setenv alone: the array behind `environ` belongs to the C library, which may free it.
  void SetUp() override {
    for (char** one = ::environ; *one != nullptr; ++one) saved_.emplace_back(*one);
    ::clearenv();
  }
  void TearDown() override {
    ::clearenv();
    for (const auto& one : saved_) {
      const auto equals = one.find('=');
      ::setenv(one.substr(0, equals).c_str(), one.substr(equals + 1).c_str(), 1);
    }
  }

 private:
  std::vector<std::string> saved_;
};

TEST_F(Environment, PassesTheShortListAlone) {
  for (const char* name : {"PATH", "HOME", "LC_ALL", "LC_TIME", "TZ", "https_proxy", "HTTP_PROXY",
                           "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "AWS_SECRET_ACCESS_KEY",
                           "GANTRY_TOKEN", "LD_PRELOAD", "NODE_OPTIONS", "PATHS", "LC"}) {
    ::setenv(name, "1", 1);
  }
  EXPECT_THAT(child_environment({}), ElementsAre("HOME=1", "HTTP_PROXY=1", "LC_ALL=1", "LC_TIME=1",
                                                 "NODE_EXTRA_CA_CERTS=1", "PATH=1",
                                                 "SSL_CERT_FILE=1", "TZ=1", "https_proxy=1"));
}

TEST_F(Environment, PutsTheNamedOverIt) {
  ::setenv("PATH", "/usr/bin", 1);
  ::setenv("HOME", "/home/a", 1);
  EXPECT_THAT(child_environment(
                  Named{{"TOKEN", "a=b"}, {"PATH", "/own"}, {"EMPTY", ""}, {"TOKEN", "last"}}),
              ElementsAre("EMPTY=", "HOME=/home/a", "PATH=/own", "TOKEN=last"));
}

TEST_F(Environment, MayBeEmpty) { EXPECT_THAT(child_environment({}), IsEmpty()); }

}  // namespace
}  // namespace gantry::process
