#include "web/robots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace diptych::web {
namespace {

using ::testing::Eq;

const std::vector<std::string> kAgents = {"my-crawler", "diptych"};

bool allows(std::string_view text, std::string_view path) {
  return RobotsRules::parse(text, kAgents).allows(path);
}

TEST(RobotsRules, WithoutRulesAllowEverything) {
  EXPECT_TRUE(RobotsRules().allows("/x"));
  EXPECT_TRUE(allows("", "/x"));
  EXPECT_TRUE(allows("<html>not found</html>", "/x"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow:", "/x"));
  EXPECT_TRUE(allows("Disallow: /", "/x"));  // no group
}

TEST(RobotsRules, TheLongestRuleDecidesAndATieAllows) {
  const char* text = "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\nAllow: /a/b/c\n";
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_FALSE(allows(text, "/ab"));
  EXPECT_TRUE(allows(text, "/a/b"));
  EXPECT_TRUE(allows(text, "/a/b/c"));
  EXPECT_TRUE(allows(text, "/A"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /", "/robots.txt"));
}

TEST(RobotsRules, OfSeveralGroupsTheMostParticularCounts) {
  const char* text =
      "User-agent: *\nDisallow: /\n\nUser-agent: otherbot\nUser-Agent: DIPTYCH/1.0\nDisallow: /a\n"
      "Crawl-delay: 2.5\nSitemap: http://x/y\nUser-agent: third\nDisallow: /b\n"
      "user-agent : diptych # again\ndisallow : /c\n";
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_TRUE(allows(text, "/b"));
  EXPECT_FALSE(allows(text, "/c"));
  EXPECT_TRUE(allows(text, "/d"));
  EXPECT_THAT(RobotsRules::parse(text, kAgents).crawl_delay(), Eq(std::chrono::milliseconds(2500)));
  EXPECT_TRUE(allows("User-agent: diptych\nDisallow: /\nUser-agent: my-crawler\nAllow: /", "/x"));
  EXPECT_FALSE(allows("User-agent: diptychs\nAllow: /\nUser-agent: *\nDisallow: /", "/x"));
}

TEST(RobotsRules, StarsAndTheEndAreRfc9309s) {
  const char* text = "User-agent: *\nDisallow: /*.gif$\nDisallow: /private*/x\nDisallow: *q=*z$\n";
  EXPECT_FALSE(allows(text, "/a/b.gif"));
  EXPECT_TRUE(allows(text, "/a/b.gif?x"));
  EXPECT_FALSE(allows(text, "/a.gif.gif"));
  EXPECT_FALSE(allows(text, "/private-1/x/y"));
  EXPECT_TRUE(allows(text, "/private-1/y"));
  EXPECT_FALSE(allows(text, "/s?q=1z"));
  EXPECT_TRUE(allows(text, "/s?q=1zz0"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /a$", "/ab"));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /a$", "/a"));
}

TEST(RobotsRules, ComparesEscapedPaths) {
  const char* text =
      "\xEF\xBB\xBFUser-agent: *\rDisallow: /\xC3\xA4\rDisallow: /b%7ec\r\n"
      "Disallow: /d%2fe";
  EXPECT_FALSE(allows(text, "/%c3%a4"));
  EXPECT_FALSE(allows(text, "/b~c"));
  EXPECT_FALSE(allows(text, "/d%2Fe"));
  EXPECT_TRUE(allows(text, "/d/e"));
  EXPECT_EQ(normalised_path("/a%zz%4"), "/a%zz%4");
}

TEST(RobotsRules, ReadNoMoreThanTheFirst500KiB) {
  std::string text = "User-agent: *\n";
  while (text.size() < kMaxRobotsBytes) text += "Disallow: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
  const RobotsRules rules = RobotsRules::parse(text + "Disallow: /b\n", kAgents);
  EXPECT_TRUE(rules.allows("/b"));
  EXPECT_GT(rules.bytes(), 100'000U);
}

}  // namespace
}  // namespace diptych::web
