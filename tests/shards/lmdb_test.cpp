#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "shards/crafted_tar.h"
#include "shards/dataset.h"
#include "shards/lmdb_file.h"
#include "shards/lmdb_writer.h"
#include "shards/pickled_pair.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using namespace std::string_literals;

namespace fs = std::filesystem;
using test::text_of;
using ::testing::HasSubstr;

const fs::path& train() {
  static const fs::path folder = diptych::test::data_path("lmdb/train");
  return folder;
}

/// The databases, one of which is changed.
class LmdbTest : public ::testing::Test {
 protected:
  LmdbTest() {
    for (const char* name : {"imgs", "pairs"}) {
      fs::create_directories(folder_.path() / name);
      fs::copy_file(train() / name / "data.mdb", file(name));
    }
  }
  fs::path file(const std::string& name) const { return folder_.path() / name / "data.mdb"; }
  void replace(const std::string& name, const std::string& what, const std::string& with) const {
    std::string bytes = read_text_file(file(name));
    const std::size_t place = bytes.rfind(what);
    ASSERT_NE(place, std::string::npos);
    fs::remove(file(name));
    write_file(file(name), bytes.replace(place, what.size(), with));
  }
  Dataset open() const { return Dataset(folder_.path().string()); }
  diptych::test::TemporaryFolder folder_;
};

TEST(LmdbFile, HasWhatTheLastCommitLeft) {
  const LmdbFile images(train() / "imgs" / "data.mdb");
  EXPECT_EQ(images.entries().size(), 121U);
  EXPECT_EQ(images.find("num_images"), "120");
  EXPECT_EQ(images.find("taken back"), std::nullopt);
  EXPECT_EQ(images.find("1000")->size(), 16U);
  EXPECT_EQ(images.find("1005")->size(), 700 * 12 / 3 * 4U);
  const LmdbFile pairs(train() / "pairs" / "data.mdb");
  EXPECT_EQ(pairs.entries().size(), 181U);
}

TEST(LmdbWriter, WritesWhatIsReadAgainAndTheSameBytes) {
  const diptych::test::TemporaryFolder folder;
  const auto write = [&](const char* name) {
    LmdbWriter writer(folder.path() / name);
    for (int i = 0; i < 2'500; ++i)  // three transactions
      writer.add(std::to_string(i), std::string(static_cast<std::size_t>(i * 7 % 9'000), 'x'));
    writer.finish();
  };
  write("a");
  const LmdbFile file(folder.path() / "a/data.mdb");
  EXPECT_EQ(file.entries().size(), 2'500U);
  EXPECT_EQ(file.find("1285")->size(), 8995U);
  EXPECT_FALSE(fs::exists(folder.path() / "a/lock.mdb"));
  write("b");
  write("b");  // over what is there
  EXPECT_TRUE(read_text_file(folder.path() / "a/data.mdb") ==
              read_text_file(folder.path() / "b/data.mdb"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which take terabytes of them
TEST(LmdbWriter, TakesAsManyAddressesAsThereAre) {
  const diptych::test::TemporaryFolder folder;
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit few = {.rlim_cur = rlim_t{1} << 36, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &few), 0);
  {
    LmdbWriter writer(folder.path());
    writer.add("key", "value");
    writer.finish();
  }
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(LmdbFile(folder.path() / "data.mdb").entries().size(), 1U);
}
#endif

TEST(PickledPair, IsWrittenAsPythonReadsIt) {
  // pickle.dumps((1000, 2, "é"), protocol=2) but for the memos and the shorter numbers.
  EXPECT_EQ(pickled_pair(1000, 2, "é"),
            "\x80\x02J\xE8\x03\0\0J\x02\0\0\0X\x02\0\0\0\xC3\xA9\x87."s);
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{0x7FFF'FFFF},
                                     std::uint64_t{0x8000'0000}, std::uint64_t{1} << 49}) {
    const auto pair = read_pickled_pair(pickled_pair(number, number, "文字"));
    ASSERT_TRUE(pair.has_value()) << number;
    EXPECT_EQ(pair->image, std::to_string(number));
    EXPECT_EQ(pair->text_id, number);
    EXPECT_EQ(pair->text, "文字");
  }
}

TEST(PickledPair, ReadsIdsOfEachKindAndNothingElse) {
  const auto pair = read_pickled_pair("\x80\x02K\x07M\x01\x02X\x03\0\0\0abc\x87."s);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->image, "7");
  EXPECT_EQ(pair->text_id, 513);
  EXPECT_EQ(pair->text, "abc");
  const auto negative =
      read_pickled_pair("\x80\x02J\xFF\xFF\xFF\xFF\x8A\x02\xFF\x7FX\0\0\0\0\x87."s);
  ASSERT_TRUE(negative);
  EXPECT_EQ(negative->image, "-1");
  EXPECT_EQ(negative->text_id, 32767);
  // A text that stands for both ids is fetched again.
  const auto both = read_pickled_pair("\x80\x04\x8C\x01i\x94h\0\x8C\x01t\x94\x87."s);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->image, "i");
  EXPECT_EQ(both->text_id, "i");
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("K\1K\2K\3\x87."),
        std::string("\x80\x02K\1K\2\x87."), std::string("cos\nsystem\n."),
        "\x80\x02K\1K\2X\xFF\0\0\0a\x87."s, "\x80\x02K\1K\2X\1\0\0\0a."s}) {
    EXPECT_FALSE(read_pickled_pair(bad)) << bad;
  }
}

TEST(Lmdb, GivesEachPictureWithItsTextsInOrder) {
  const Dataset dataset(train().string());
  ASSERT_EQ(dataset.size(), 120U);
  EXPECT_FALSE(dataset.refused().any());
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Sample sample = dataset.at(i);
    const std::string number = std::to_string(1000 + i);
    EXPECT_EQ(sample.key, number);
    EXPECT_TRUE(text_of(*sample.image()).starts_with("picture " + number));
    EXPECT_EQ(sample.text("txt"), "文字 " + number);
    const auto json = nlohmann::json::parse(*sample.text("json"));
    EXPECT_EQ(json.at("texts").size(), i % 2 == 0 ? 2U : 1U);
    EXPECT_EQ(json.at("text_ids").at(0), 2 * (1000 + i));
  }
  EXPECT_EQ(dataset.at(5).image()->size(), 700 * 12U);
}

TEST_F(LmdbTest, CountsWhatCannotBeUsed) {
  replace("pairs", "text 1118", "    \t    ");
  replace("pairs", "文字 1111", "\xFF\xFF\xFF\xFF\xFF\xFF 1111");
  replace("imgs", "cGljdHVyZSAxMTE5", "****************");
  const Dataset dataset = open();
  EXPECT_EQ(dataset.refused().count(RefusalReason::empty_caption), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::caption_not_utf8), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_caption), 1U);  // of picture 1111
  ASSERT_EQ(dataset.size(), 119U);
  EXPECT_THROW(dataset.at(118), Error);
}

TEST_F(LmdbTest, CountsThatDoNotFitAreRefused) {
  replace("imgs", "120", "121");
  const Dataset dataset = open();
  EXPECT_EQ(dataset.size(), 0U);
  ASSERT_EQ(dataset.refused().count(RefusalReason::damaged_source), 1U);
  EXPECT_THAT(dataset.refused().examples(RefusalReason::damaged_source).front().message(),
              HasSubstr("got num_images 121, expected the 120 entries"));
}

TEST_F(LmdbTest, DamagedDatabasesAreRefusedWhole) {
  const std::string whole = read_text_file(file("imgs"));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{100}, std::size_t{4096}, whole.size() / 2}) {
    fs::remove(file("imgs"));
    write_file(file("imgs"), whole.substr(0, size));
    const Dataset dataset = open();
    EXPECT_EQ(dataset.size(), 0U) << size;
    EXPECT_EQ(dataset.refused().count(RefusalReason::damaged_source), 1U) << size;
  }
}

TEST_F(LmdbTest, AChangedByteIsNoMoreThanAnError) {
  const std::string whole = read_text_file(file("pairs"));
  for (std::size_t i = 0; i < whole.size(); i += 97) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    fs::remove(file("pairs"));
    write_file(file("pairs"), changed);
    const Dataset dataset = open();
    EXPECT_LE(dataset.size(), 120U);
    for (std::size_t k = 0; k < dataset.size(); ++k) EXPECT_FALSE(dataset.at(k).key.empty());
  }
}

}  // namespace
}  // namespace diptych::shards
