#include "shards/sample_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shards/caption_text.h"
#include "shards/crafted_tar.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A sample whose `json` and `txt` parts are the given texts; an empty one is no part.
class Words {
 public:
  explicit Words(std::string json, std::string txt = "")
      : json_(std::move(json)), txt_(std::move(txt)) {
    sample_.key = "k";
    sample_.shard = "0.tar";
    if (!json_.empty()) sample_.parts["json"] = std::as_bytes(std::span(json_));
    if (!txt_.empty()) sample_.parts["txt"] = std::as_bytes(std::span(txt_));
  }
  SampleText read(const TextKeys& keys = {.json_text_key = "names",
                                          .json_group_key = "concept"}) const {
    return read_text(sample_, keys);
  }

 private:
  std::string json_;
  std::string txt_;
  Sample sample_;
};

TEST(ReadText, TakesTheTextPartAsItIs) {
  const SampleText text = Words("", " a dog\n").read({});
  EXPECT_THAT(text.captions, ElementsAre(" a dog\n"));
  EXPECT_THAT(text.refused, IsEmpty());
  EXPECT_EQ(text.group, "");
}

TEST(ReadText, TakesJsonByKey) {
  EXPECT_THAT(Words(R"({"names": "a dog"})", "a cat").read().captions, ElementsAre("a dog"));
  EXPECT_THAT(Words(R"({"names": ["a dog", "狗"]})").read().captions, ElementsAre("a dog", "狗"));
  EXPECT_THAT(Words(R"({"other": "x"})", "a cat").read().captions, ElementsAre("a cat"));
  EXPECT_THAT(Words(R"({"names": "a dog"})", "a cat").read({}).captions, ElementsAre("a cat"));
}

TEST(ReadText, TakesTheGroupByKey) {
  EXPECT_EQ(Words(R"({"concept": "dog", "names": "a"})").read().group, "dog");
  EXPECT_EQ(Words(R"({"concept": 17, "names": "a"})").read().group, "17");
  EXPECT_EQ(Words(R"({"names": "a"})").read().group, "");
  for (const char* json : {R"({"concept": null})", R"({"concept": [1]})", R"({"concept": ""})"})
    EXPECT_EQ(Words(json, "a cat").read().group, "") << json;
  const SampleText only_group =
      Words(R"({"concept": "dog"})", "a cat").read({.json_group_key = "concept"});
  EXPECT_EQ(only_group.group, "dog");
  EXPECT_THAT(only_group.captions, ElementsAre("a cat"));
}

TEST(ReadText, CountsTextThatIsNotUtf8) {
  const SampleText text = Words("", "caf\xE9").read();
  EXPECT_THAT(text.captions, IsEmpty());
  ASSERT_THAT(text.refused, testing::SizeIs(1));
  EXPECT_EQ(text.refused[0].reason, RefusalReason::caption_not_utf8);
  EXPECT_THAT(text.refused[0].message(), HasSubstr("(0.tar, offset 0, key k)"));
  EXPECT_THAT(Words("{\"names\": \"caf\xE9\"}").read().refused, testing::SizeIs(1));
}

/// UTF-16 without a byte order mark, whose letters of English are UTF-8 too.
TEST(ReadText, CountsTextWithBytesOfZeroAsNotUtf8) {
  const SampleText text = Words("", std::string("c\0a\0t\0", 6)).read();
  ASSERT_THAT(text.refused, testing::SizeIs(1));
  EXPECT_EQ(text.refused[0].reason, RefusalReason::caption_not_utf8);
  EXPECT_THAT(text.refused[0].message(), HasSubstr("bytes of zero"));
}

TEST(ReadText, LeavesOutBadCaptionsAndKeepsGoodOnes) {
  const SampleText text = Words(R"({"names": ["", 5, "  ", "a dog"]})").read();
  EXPECT_THAT(text.captions, ElementsAre("a dog"));
  EXPECT_THAT(text.refused, testing::SizeIs(3));
}

TEST(ReadText, CountsWhatLooksEmptyAsEmpty) {
  for (const char* blank : {" \n\t", "\u3000", "\u00A0 \u200B\uFEFF"})
    EXPECT_EQ(Words("", blank).read({}).refused.at(0).reason, RefusalReason::empty_caption);
  for (const char* words : {"\u3000x", "\u200B\u732B", "...", "\U0001F600"})
    EXPECT_THAT(Words("", words).read({}).captions, testing::SizeIs(1)) << words;
}

TEST(ReadText, ReportsJsonThatCannotBeRead) {
  for (const char* json : {"{", "[1]", "5", "{\"names\": null}", "{\"names\": {\"a\": 1}}"}) {
    const SampleText text = Words(json).read();
    EXPECT_THAT(text.captions, IsEmpty()) << json;
    EXPECT_FALSE(text.refused.empty()) << json;
  }
  const std::string deep(100'000, '[');
  EXPECT_FALSE(Words(deep + std::string(100'000, ']')).read().refused.empty());
  EXPECT_THAT(Words(std::string((16U << 20) + 1, ' ')).read().refused.at(0).what,
              HasSubstr("16 MiB"));
}

TEST(ReadText, TellsWhatIsNotJsonFromWhatIsNoObject) {
  EXPECT_THAT(Words("{\"names\": \"a d").read().refused.at(0).what, HasSubstr("is not JSON"));
  EXPECT_THAT(Words("[1]").read().refused.at(0).what, HasSubstr("got array, expected an object"));
}

TEST(ReadText, ReportsSamplesWithoutWords) {
  EXPECT_EQ(Words("").read().refused.at(0).reason, RefusalReason::no_caption);
  EXPECT_FALSE(Words("{\"names\": []}").read().refused.empty());
  EXPECT_THAT(Words(R"({"other": "x"})").read().refused.at(0).what, HasSubstr("'names'"));
}

TEST(ReadText, ReadsWhatPythonWritesAsJson) {
  EXPECT_THAT(Words(R"({"similarity": NaN, "names": "a NaN"})").read().captions,
              ElementsAre("a NaN"));
  EXPECT_THAT(Words(R"({"names": "half \ud83d"})").read().captions, ElementsAre("half \uFFFD"));
}

TEST(ReadText, RefusesCaptionsThatAreNoCaptions) {
  EXPECT_THAT(Words("", std::string(kMaxCaptionBytes, 'x')).read({}).captions, testing::SizeIs(1));
  const SampleText text = Words("", std::string(kMaxCaptionBytes + 1, 'x')).read({});
  EXPECT_THAT(text.captions, IsEmpty());
  EXPECT_EQ(text.refused.at(0).reason, RefusalReason::caption_too_long);
}

TEST(ReadGroups, NumbersGroupsAndKeepsTheRestApart) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  int key = 0;
  for (const char* json :
       {R"({"concept": "dog"})", "{}", R"({"concept": "cat"})", R"({"concept": "dog"})", "{}"}) {
    tar.add(std::to_string(key) + ".jpg", "x").add(std::to_string(key) + ".json", json);
    ++key;
  }
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar")}});
  const Groups groups = read_groups(dataset, {.json_group_key = "concept"});
  EXPECT_THAT(groups.ids, ElementsAre(0, 1, 2, 0, 3));
  EXPECT_EQ(groups.samples_with_group, 3U);
  EXPECT_EQ(groups.different, 2U);
  EXPECT_EQ(groups.largest, 2U);
}

}  // namespace
}  // namespace diptych::shards
