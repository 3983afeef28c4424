#include "shards/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

#include "base/error.h"
#include "shards/crafted_tar.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using test::CraftedTar;
using test::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path save(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  /// A shard of samples "<first>", "<first + 1>" ... whose captions are their keys.
  std::filesystem::path save_shard(const std::string& name, int first, int count) const {
    CraftedTar tar;
    for (int i = first; i < first + count; ++i) {
      const std::string key = std::to_string(i);
      tar.add(key + ".jpg", "picture").add(key + ".txt", key);
    }
    return tar.end().save(path(name));
  }

  diptych::test::TemporaryFolder folder_;
};

std::vector<std::string> keys(const Dataset& dataset) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < dataset.size(); ++i) keys.push_back(dataset.at(i).key);
  return keys;
}

TEST_F(DatasetTest, GroupsNeighbouringFilesAcrossShards) {
  const Dataset dataset({{save_shard("0.tar", 0, 2), save_shard("1.tar", 2, 1)}});
  ASSERT_THAT(keys(dataset), ElementsAre("0", "1", "2"));
  const Sample sample = dataset.at(2);
  EXPECT_EQ(sample.shard, path("1.tar"));
  EXPECT_EQ(sample.offset, 0U);
  EXPECT_EQ(sample.text("txt"), "2");
  EXPECT_EQ(text_of(*sample.image()), "picture");
  EXPECT_FALSE(dataset.problems().any());
  EXPECT_THROW(dataset.at(3), Error);
}

TEST_F(DatasetTest, IsTheSameWithManyThreads) {
  for (int i = 0; i < 20; ++i) save_shard(std::to_string(10 + i) + ".tar", 3 * i, 3);
  const std::string sources = folder_.path().string();
  EXPECT_EQ(keys(Dataset(sources)), keys(Dataset(sources, {.threads = 4})));
}

TEST_F(DatasetTest, BytesOutliveTheDataset) {
  std::optional<Sample> sample = Dataset({{save_shard("0.tar", 0, 1)}}).at(0);
  EXPECT_EQ(text_of(*sample->image()), "picture");
}

TEST_F(DatasetTest, CountsSamplesOfEachSource) {
  const auto a = save_shard("a.tar", 0, 2);
  const auto b = save_shard("b.tar", 2, 3);
  const Dataset dataset({{a, b}, {b}, {}});
  EXPECT_THAT(dataset.source_sizes(), ElementsAre(5, 3, 0));
}

TEST_F(DatasetTest, CountsSamplesWithoutImageOrCaption) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("b.txt", "words")
                         .add("c.PNG", "x")
                         .add("c.json", "{}")
                         .add("README", "of no sample")
                         .add("c.cls", "1")
                         .end()
                         .save(path("0.tar"));
  const Dataset dataset({{shard}});
  ASSERT_THAT(keys(dataset), ElementsAre("c"));
  EXPECT_EQ(dataset.at(0).parts.size(), 3U) << "a file of no sample does not cut one in two";
  EXPECT_EQ(dataset.problems().without_image, 1U);
  EXPECT_EQ(dataset.problems().without_caption, 1U);

  DatasetOptions options;
  options.shard.need_image = false;
  options.shard.need_caption = false;
  const Dataset everything({{shard}}, options);
  EXPECT_THAT(keys(everything), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(everything.problems().any());
}

TEST_F(DatasetTest, BeginsASampleWhereAnExtensionRepeats) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "1")
                         .add("a.txt", "one")
                         .add("a.jpg", "2")
                         .add("a.txt", "two")
                         .end()
                         .save(path("0.tar"));
  const Dataset dataset({{shard}});
  ASSERT_EQ(dataset.size(), 2U);
  EXPECT_EQ(dataset.at(1).text("txt"), "two");
}

TEST_F(DatasetTest, KeepsWhatComesBeforeDamage) {
  CraftedTar tar = CraftedTar().add("a.jpg", "x").add("a.txt", "a").add("b.jpg", "x");
  const std::size_t damaged = tar.bytes().size();
  tar.add("b.txt", "b").end();
  tar.bytes()[damaged] ^= 1;
  const Dataset dataset(
      {{tar.save(path("bad.tar")), path("missing.tar"), save_shard("c.tar", 0, 1)}});
  EXPECT_THAT(keys(dataset), ElementsAre("a", "0"));
  EXPECT_EQ(dataset.at(0).text("txt"), "a");
  EXPECT_EQ(dataset.problems().damaged_shards, 2U);
  EXPECT_EQ(dataset.problems().without_caption, 1U);
  EXPECT_THAT(dataset.problems().messages,
              ElementsAre(HasSubstr("bad.tar, offset " + std::to_string(damaged)),
                          HasSubstr("missing.tar")));
}

TEST_F(DatasetTest, KeepsTheWholeLastSampleOfAShardWithoutEnd) {
  const auto shard = CraftedTar().add("a.jpg", "x").add("a.txt", "a").save(path("cut.tar"));
  const Dataset dataset({{shard}});
  ASSERT_EQ(dataset.size(), 1U);
  EXPECT_EQ(dataset.at(0).text("txt"), "a");
  EXPECT_EQ(dataset.problems().damaged_shards, 1U);
}

TEST_F(DatasetTest, RefusesOtherKindsOfFiles) {
  try {
    Dataset({{save("a.zip", "x")}});
    FAIL() << "a .zip file was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST_F(DatasetTest, ReadsTables) {
  const auto dog = save("dog.PNG", "dog picture");
  const auto cat = save("cat", "cat picture");
  const auto table =
      save("t.csv", "\xEF\xBB\xBFid,filepath,title\n1,\"" + dog.string() +
                        "\",\"a \"\"good\"\" dog,\nsitting\"\n2," + cat.string() + ",a cat\n");
  const Dataset dataset({{table}});
  ASSERT_EQ(dataset.size(), 2U);
  const Sample sample = dataset.at(0);
  EXPECT_EQ(sample.key, dog);
  EXPECT_EQ(sample.shard, table);
  EXPECT_EQ(sample.text("txt"), "a \"good\" dog,\nsitting");
  EXPECT_EQ(text_of(sample.parts.at("png")), "dog picture");
  EXPECT_EQ(text_of(dataset.at(1).parts.at("jpg")), "cat picture");
  EXPECT_FALSE(dataset.problems().any());
}

TEST_F(DatasetTest, ReadsTablesWithStatedColumns) {
  save("x.jpg", "picture");
  const auto table = save("t.tsv", "caption;image\na, b\tc;x.jpg\n");
  DatasetOptions options;
  options.shard.separator = ';';
  options.shard.image_key = "image";
  options.shard.caption_key = "caption";
  options.shard.image_root = folder_.path();
  const Dataset dataset({{table}}, options);
  ASSERT_EQ(dataset.size(), 1U);
  EXPECT_EQ(dataset.at(0).text("txt"), "a, b\tc");
  EXPECT_EQ(text_of(*dataset.at(0).image()), "picture");
}

TEST_F(DatasetTest, CountsRowsThatCannotBeUsed) {
  const auto table = save("t.tsv",
                          "filepath\ttitle\n"
                          "short\n"
                          "a.jpg\tb\tlong\n"
                          "\tno image\n"
                          "no_caption.jpg\t\n"
                          "missing.jpg\tfine as a row\n"
                          "a.jpg\t\"never closed\n");
  const Dataset dataset({{table}});
  EXPECT_EQ(dataset.problems().bad_rows, 2U);
  EXPECT_EQ(dataset.problems().without_image, 1U);
  EXPECT_EQ(dataset.problems().without_caption, 1U);
  EXPECT_EQ(dataset.problems().damaged_shards, 1U);
  EXPECT_THAT(dataset.problems().messages,
              ElementsAre(HasSubstr("got 1 fields, expected 2"), HasSubstr("got more than 2"),
                          HasSubstr("quote")));
  ASSERT_EQ(dataset.size(), 1U);
  try {
    dataset.at(0);
    FAIL() << "a missing image was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST_F(DatasetTest, NamesTheColumnsThatATableHas) {
  const Dataset wrong({{save("t.csv", "url,caption\na,b\n")}});
  EXPECT_THAT(wrong.problems().messages, ElementsAre(HasSubstr("expected one of url, caption")));
  EXPECT_EQ(Dataset({{save("e.csv", "")}}).problems().damaged_shards, 1U);
}

}  // namespace
}  // namespace diptych::shards
