#include "shards/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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
  SampleText read(const CaptionOptions& options = {.json_text_key = "names",
                                                   .json_group_key = "concept"}) const {
    return read_text(sample_, options);
  }

 private:
  std::string json_;
  std::string txt_;
  Sample sample_;
};

TEST(ReadText, TakesTheTextPartAsItIs) {
  const SampleText text = Words("", " a dog\n").read({});
  EXPECT_THAT(text.captions, ElementsAre(" a dog\n"));
  EXPECT_THAT(text.problems, IsEmpty());
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
  const SampleText only_group =
      Words(R"({"concept": "dog"})", "a cat").read({.json_group_key = "concept"});
  EXPECT_EQ(only_group.group, "dog");
  EXPECT_THAT(only_group.captions, ElementsAre("a cat"));
}

TEST(ReadText, CountsTextThatIsNotUtf8) {
  const SampleText text = Words("", "caf\xE9").read();
  EXPECT_THAT(text.captions, IsEmpty());
  EXPECT_THAT(text.problems, ElementsAre(HasSubstr("not UTF-8 (0.tar, offset 0, key k)")));
  EXPECT_THAT(Words("{\"names\": \"caf\xE9\"}").read().problems, testing::SizeIs(1));
  EXPECT_THAT(Words(R"({"names": "\ud800"})").read().problems, testing::SizeIs(1));
}

TEST(ReadText, LeavesOutBadCaptionsAndKeepsGoodOnes) {
  const SampleText text = Words(R"({"names": ["", 5, "  ", "a dog"]})").read();
  EXPECT_THAT(text.captions, ElementsAre("a dog"));
  EXPECT_THAT(text.problems, testing::SizeIs(3));
}

TEST(ReadText, ReportsJsonThatCannotBeRead) {
  for (const char* json : {"{", "[1]", "5", "{\"names\": null}", "{\"names\": {\"a\": 1}}"}) {
    const SampleText text = Words(json).read();
    EXPECT_THAT(text.captions, IsEmpty()) << json;
    EXPECT_FALSE(text.problems.empty()) << json;
  }
  const std::string deep(100'000, '[');
  EXPECT_FALSE(Words(deep + std::string(100'000, ']')).read().problems.empty());
  EXPECT_THAT(Words(std::string((16U << 20) + 1, ' ')).read().problems,
              ElementsAre(HasSubstr("16 MiB")));
}

TEST(ReadText, ReportsSamplesWithoutWords) {
  EXPECT_THAT(Words("").read().problems, ElementsAre(HasSubstr("got none")));
  EXPECT_FALSE(Words("{\"names\": []}").read().problems.empty());
}

TEST(GroupIds, NumbersGroupsAndKeepsTheRestApart) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  int key = 0;
  for (const char* json :
       {R"({"concept": "dog"})", "{}", R"({"concept": "cat"})", R"({"concept": "dog"})", "{}"}) {
    tar.add(std::to_string(key) + ".jpg", "x").add(std::to_string(key) + ".json", json);
    ++key;
  }
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar")}});
  const auto ids = group_ids(dataset, {.json_group_key = "concept"});
  EXPECT_THAT(ids, ElementsAre(0, 1, 2, 0, 3));
}

}  // namespace
}  // namespace diptych::shards
