#include "mcp/revision.h"

#include <gtest/gtest.h>

namespace gantry::mcp {
namespace {

TEST(Revision, EveryKnownOneIsAnsweredWithItself) {
  for (const std::string_view text : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}) {
    EXPECT_EQ(name(negotiate(text)), text);
    ASSERT_TRUE(revision_of(text).has_value());
    EXPECT_EQ(name(*revision_of(text)), text);
  }
}

TEST(Revision, AnUnknownOneIsAnsweredWithTheNewestLegacy) {
  for (const std::string_view text :
       {"", "2024-10-07", "2026-07-28", "2099-01-01", "2025-11-25 ", "2025-11-2", "DRAFT"}) {
    EXPECT_EQ(negotiate(text), Revision::k2025_11_25) << text;
    EXPECT_FALSE(revision_of(text).has_value()) << text;
  }
}

struct Features {
  Revision revision;
  bool batches;
  bool header;
  bool priming;
};

TEST(Revision, Features) {
  constexpr Features kTable[] = {
      {Revision::k2024_11_05, false, false, false},
      {Revision::k2025_03_26, true, false, false},
      {Revision::k2025_06_18, false, true, false},
      {Revision::k2025_11_25, false, true, true},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(accepts_batches(row.revision), row.batches) << name(row.revision);
    EXPECT_EQ(has_version_header(row.revision), row.header) << name(row.revision);
    EXPECT_EQ(has_priming_events(row.revision), row.priming) << name(row.revision);
  }
  EXPECT_LT(Revision::k2024_11_05, Revision::k2025_03_26);
  EXPECT_LT(kUnsaid, kNewestLegacy);
}

}  // namespace
}  // namespace gantry::mcp
