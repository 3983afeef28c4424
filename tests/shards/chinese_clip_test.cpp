#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "shards/chinese_clip_shard.h"
#include "shards/crafted_tar.h"
#include "shards/dataset.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using test::text_of;
using ::testing::HasSubstr;

class ChineseClipTest : public ::testing::Test {
 protected:
  /// "UElD" is PIC in base64.
  void write(const std::string& images, const std::string& texts) {
    write_file(folder_.path() / "train_imgs.tsv", images);
    write_file(folder_.path() / "train_texts.jsonl", texts);
  }
  Dataset open() const { return Dataset((folder_.path() / "train_imgs.tsv").string()); }
  diptych::test::TemporaryFolder folder_;
};

TEST_F(ChineseClipTest, GivesAPictureWithAllItsTexts) {
  write("7\tUElD\n12\tUElD\n",
        "{\"text_id\": 1, \"text\": \"\\u732b\", \"image_ids\": [12, 7]}\n"
        "{\"text_id\": 2, \"text\": \"cat\", \"image_ids\": [12]}\n");
  const Dataset dataset = open();
  ASSERT_EQ(dataset.size(), 2U);
  EXPECT_FALSE(dataset.refused().any());
  const Sample sample = dataset.at(1);
  EXPECT_EQ(sample.key, "12");
  EXPECT_EQ(text_of(*sample.image()), "PIC");
  EXPECT_EQ(sample.text("txt"), "猫");
  const auto json = nlohmann::json::parse(*sample.text("json"));
  EXPECT_EQ(json.at("texts"), nlohmann::json::parse(R"(["猫", "cat"])"));
  EXPECT_EQ(json.at("text_ids"), nlohmann::json::parse("[1, 2]"));
}

TEST_F(ChineseClipTest, CountsWhatCannotBeUsed) {
  write("no tab\n1\t\n2\tUElD\n3\t*\n4\tUElD\n",
        "not json\n{\"text\": \"a\", \"image_ids\": [1, 3, 4, 99]}\n"
        "{\"text\": \" \", \"image_ids\": [4]}\n{\"text\": \"b\", \"image_ids\": [null]}\n");
  const Dataset dataset = open();
  const Refusals& refused = dataset.refused();
  EXPECT_EQ(refused.count(RefusalReason::malformed_row), 1U);
  EXPECT_EQ(refused.count(RefusalReason::no_picture), 1U);
  EXPECT_EQ(refused.count(RefusalReason::no_caption), 1U);       // of picture 2
  EXPECT_EQ(refused.count(RefusalReason::unreadable_json), 2U);  // no JSON, and null as an id
  EXPECT_EQ(refused.count(RefusalReason::empty_caption), 1U);
  EXPECT_EQ(refused.count(RefusalReason::missing_picture), 1U);  // 99
  ASSERT_EQ(dataset.size(), 2U);
  EXPECT_THROW(dataset.at(0), Error);
  EXPECT_THAT(dataset.refusal(0, Error(ErrorCode::corrupt_data, "x")).place, HasSubstr("line 4"));
  EXPECT_EQ(dataset.at(1).key, "4");
}

TEST_F(ChineseClipTest, ATableOfThatNameWithoutTextsIsATable) {
  write_file(folder_.path() / "train_imgs.tsv", "filepath\ttitle\na.jpg\ta cat\n");
  EXPECT_EQ(open().size(), 1U);
}

}  // namespace
}  // namespace diptych::shards
