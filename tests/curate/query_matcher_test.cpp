#include "curate/query_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/random.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint32_t> matches(const Texts& entries, const std::string& text,
                                   const MatcherOptions& options = {}) {
  std::vector<std::uint32_t> found;
  QueryMatcher(entries, options).match(text, found);
  return found;
}

/// The rule as the reference states it.
std::string spaced(const std::string& text) {
  std::string result = " ";
  for (const char c : text) {
    if (c == '\t' || c == '\n' || c == '\r') {
      result += ' ';
    } else if (std::string_view(",.;:?!`").find(c) != std::string_view::npos) {
      result += std::string(" ") + c + " ";
    } else {
      result += c;
    }
  }
  return result + " ";
}

std::vector<std::uint32_t> by_definition(const Texts& entries, const std::string& text) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (spaced(text).find(" " + entries[i] + " ") != std::string::npos) found.push_back(i);
  }
  return found;
}

TEST(QueryMatcher, FindsWhatMetaClipFinds) {
  const auto read = [](const char* name) {
    return Json::parse(read_text_file(test::data_path("curation/" + std::string(name))));
  };
  const Texts entries = read("entries.json");
  const Texts texts = read("texts.json");
  const Json expected = read("expected.json").at("matches");
  const QueryMatcher matcher(entries, {});
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    matcher.match(texts[i], found);
    EXPECT_EQ(Json(found), expected[i]) << texts[i];
  }
}

TEST(QueryMatcher, IsTheDefinitionOnRandomTexts) {
  Random random(1);
  const std::string letters = "aab  .,\tz";
  const auto draw = [&](std::size_t most) {
    std::string text;
    for (std::size_t i = random.below(most); i > 0; --i) {
      const std::string part = random.below(9) == 0 ? "longerword" : "";
      text += part + letters[random.below(letters.size())];
    }
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    Texts entries;
    for (int i = 0; i < 30; ++i) entries.push_back(draw(8));
    const QueryMatcher matcher(entries, {});
    std::vector<std::uint32_t> found;
    for (int i = 0; i < 10; ++i) {
      const std::string text = draw(80);
      matcher.match(text, found);
      ASSERT_EQ(found, by_definition(entries, text)) << Json(entries) << Json(text);
    }
  }
}

TEST(QueryMatcher, CapitalsAndHyphensCount) {
  const Texts entries = {"dog", "house"};
  EXPECT_THAT(matches(entries, "A dog, a house."), ElementsAre(0, 1));
  EXPECT_THAT(matches(entries, "Dog dog-house (dog)"), IsEmpty());
  EXPECT_THAT(matches(entries, "Dog", {.fold_case = true}), ElementsAre(0));
}

TEST(QueryMatcher, EntriesWithMarksAreDeadUnlessSpacedOut) {
  const Texts entries = {"Mr. Bean", "U.S.", "3.5", "."};
  const std::string text = "Mr. Bean of the U.S. has 3.5 points.";
  EXPECT_THAT(matches(entries, text), ElementsAre(3));
  EXPECT_EQ(QueryMatcher(entries, {}).dead_entries(), 3U);
  EXPECT_THAT(matches(entries, text, {.space_entries = true}), ElementsAre(0, 1, 2, 3));
}

TEST(QueryMatcher, RepeatedEntriesAllMatch) {
  EXPECT_THAT(matches({"a", "b", "a", "a"}, "a"), ElementsAre(0, 2, 3));
}

TEST(QueryMatcher, UnspacedScriptsNeedNoSpaceAtTheirBorders) {
  const Texts entries = {"猫", "黑猫", "cat猫", "猫cat", "กา"};
  const MatcherOptions options{.script = Script::unspaced};
  EXPECT_THAT(matches(entries, "一只黑猫在睡", options), ElementsAre(0, 1));
  EXPECT_THAT(matches(entries, "cat猫们", options), ElementsAre(0, 2));
  EXPECT_THAT(matches(entries, "bobcat猫", options), ElementsAre(0));
  EXPECT_THAT(matches(entries, "猫cats", options), ElementsAre(0));
  EXPECT_THAT(matches(entries, "x猫cat, y", options), ElementsAre(0, 3));
  EXPECT_THAT(matches(entries, "การ", options), ElementsAre(4));
  EXPECT_THAT(matches(entries, "黑猫"), ElementsAre(1));
}

TEST(QueryMatcher, ASavedOneFindsTheSame) {
  const test::TemporaryFolder folder;
  const Texts entries = {"a b", "b", "longer than seven", "a"};
  const QueryMatcher made(entries, {.fold_case = true});
  made.save(folder.path() / "queries");
  const QueryMatcher mapped(folder.path() / "queries");
  EXPECT_EQ(mapped.fingerprint(), made.fingerprint());
  EXPECT_TRUE(mapped.options().fold_case);
  std::vector<std::uint32_t> found;
  mapped.match("A B is LONGER than seven", found);
  EXPECT_THAT(found, ElementsAre(0, 1, 2, 3));
}

TEST(QueryMatcher, ADamagedFileIsRefusedOrHarmless) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "queries";
  QueryMatcher(Texts{"a b", "b c d", "some longer words", "a"}, {}).save(path);
  const std::string whole = read_text_file(path);
  write_file(path, whole.substr(0, whole.size() - 8));
  test::expect_error([&] { QueryMatcher cut(path); }, ErrorCode::corrupt_data, "cut");
  Random random(2);
  std::vector<std::uint32_t> found;
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = whole;
    damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    std::ofstream(path, std::ios::binary) << damaged;
    try {
      QueryMatcher(path).match("a b c d some longer words", found);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    }
  }
}

}  // namespace
}  // namespace diptych::curate
