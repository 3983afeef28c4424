#include "web/robots_tag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace diptych::web {
namespace {

using ::testing::Eq;

const std::vector<std::string> kTagAgents = {"diptych"};
const std::vector<std::string> kDisallowed = {"noai", "noimageai", "noindex", "noimageindex"};

std::optional<std::string> refusing(std::string_view header) {
  return refusing_directive(header, kTagAgents, kDisallowed);
}

TEST(RobotsTag, NamesTheDirectiveThatRefuses) {
  EXPECT_THAT(refusing("noai"), Eq("noai"));
  EXPECT_THAT(refusing(" NoFollow ,  NOINDEX"), Eq("noindex"));
  EXPECT_THAT(refusing("none"), Eq("none"));
  EXPECT_THAT(refusing("unavailable_after: 25 Jun 2010 15:00:00 PST, noimageai"), Eq("noimageai"));
  EXPECT_THAT(refusing("max-snippet:5,noindex"), Eq("noindex"));
}

TEST(RobotsTag, CountsForTheCrawlerThatItNames) {
  EXPECT_THAT(refusing("Diptych: noai"), Eq("noai"));
  EXPECT_THAT(refusing("otherbot: noai, noindex"), Eq(std::nullopt));
  EXPECT_THAT(refusing("otherbot: noai, diptych: nofollow, noindex"), Eq("noindex"));
}

TEST(RobotsTag, RefusesNothingElse) {
  for (const char* header : {"", ",", "all", "nofollow, nosnippet", "noaii", ":", "a:b:c"}) {
    EXPECT_THAT(refusing(header), Eq(std::nullopt)) << header;
  }
}

}  // namespace
}  // namespace diptych::web
