#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "diptych/shard_tools.h"
#include "shards/dataset.h"
#include "shards/tar.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

/// A picture of side x side pixels.
std::string bitmap(int side) {
  const auto number = [](std::uint32_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const auto width = static_cast<std::uint32_t>(side);
  const std::uint32_t row = (3 * width + 3) / 4 * 4;
  return "BM" + number(54 + row * width, 4) + number(0, 4) + number(54, 4) + number(40, 4) +
         number(width, 4) + number(width, 4) + number(1, 2) + number(24, 2) +
         std::string(24, '\0') + std::string(row * width, '\x7F');
}

class ShardToolsTest : public ::testing::Test {
 protected:
  using Files = std::vector<std::pair<std::string, std::string>>;

  std::string write_tar(const std::string& name, const Files& files) {
    shards::TarWriter tar(path(name));
    for (const auto& [file, content] : files) tar.add(file, std::as_bytes(std::span(content)));
    tar.commit();
    return path(name);
  }
  /// A table of a picture, 1.bmp, which is there.
  std::string write_table(const std::string& rows) {
    write_file(path("1.bmp"), picture_);
    write_file(path("t.csv"), rows);
    return path("t.csv");
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  const std::string picture_ = bitmap(20);
  diptych::test::TemporaryFolder folder_;
};

std::map<std::string, std::uint64_t> counts(const StageReport& report) {
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& [reason, dropped] : report.dropped) numbers[reason] = dropped.count;
  return numbers;
}

TEST_F(ShardToolsTest, DoctorNamesEveryFaultAndRepairs) {
  const std::string first = write_tar("a.tar", {{"1.bmp", picture_},
                                                {"1.txt", "a cat"},
                                                {"2.bmp", "no picture"},
                                                {"2.txt", "a dog"},
                                                {"3.bmp", picture_},
                                                {"3.txt", " "},
                                                {"4.bmp", bitmap(4)},
                                                {"4.txt", "tiny"},
                                                {"5.txt", "torn"},
                                                {"6.bmp", picture_},
                                                {"6.txt", "six"},
                                                {"5.bmp", picture_},
                                                {"7.bmp", picture_},
                                                {"8.txt", "no picture"},
                                                {"6.bmp", picture_},
                                                {"6.txt", "six again"}});
  const std::string second = write_tar("b.tar", {{"1.bmp", picture_}, {"1.txt", "again"}});
  std::string cut = read_text_file(second);
  cut.resize(cut.size() - 1024);
  write_file(path("c.tar"), cut);
  DoctorOptions options;
  options.inputs.sources = {first, second, path("c.tar"), path("none.tar")};
  options.repair = path("clean");
  const DoctorReport report = check_shards(options);
  EXPECT_THAT(
      counts(report.samples),
      ElementsAre(Pair("whose key is another shard's too", 2), Pair("whose key stands twice", 1),
                  Pair("whose parts stand apart", 2), Pair("whose picture cannot be read", 1),
                  Pair("with a tiny picture", 1), Pair("with an empty caption", 1),
                  Pair("without a caption", 1), Pair("without a picture", 1)));
  EXPECT_EQ(report.samples.read, 12U);
  EXPECT_EQ(report.samples.written, 2U);  // 1 and the first 6
  EXPECT_THAT(counts(report.shards.files), ElementsAre(Pair("that cannot be opened", 1),
                                                       Pair("that cannot be read to the end", 1)));
  EXPECT_EQ(report.shards.shards.at(0).parts.at("bmp"), 8U);
  EXPECT_EQ(report.shards.shards.at(0).bad, 8U);
  EXPECT_EQ(report.repaired_samples, 3U);
  EXPECT_EQ(report.joined_samples, 1U);
  EXPECT_EQ(report.repaired_files, 1U);
  EXPECT_FALSE(fs::exists(path("clean/b.tar")));  // nothing of it is good

  DoctorOptions again;
  again.inputs.sources = {path("clean")};
  const DoctorReport clean = check_shards(again);
  EXPECT_EQ(clean.samples.read, 3U);
  EXPECT_TRUE(clean.samples.dropped.empty());
  EXPECT_THROW(check_shards(options), Error);  // the copies are there
}

TEST_F(ShardToolsTest, DoctorSaysTheSameWhateverTheThreads) {
  const std::string shard = write_tar("a.tar", {{"1.bmp", "x"}, {"1.txt", "a"}, {"2.txt", "b"}});
  DoctorOptions options;
  options.inputs.sources = {shard};
  options.stage.threads = 1;
  const DoctorReport one = check_shards(options);
  options.stage.threads = 3;
  const DoctorReport three = check_shards(options);
  EXPECT_EQ(counts(one.samples), counts(three.samples));
  EXPECT_THAT(one.samples.dropped.at("without a picture").examples,
              ElementsAre(HasSubstr("key 2")));
}

TEST_F(ShardToolsTest, DoctorChecksATablesRows) {
  DoctorOptions options;
  options.inputs.sources = {
      write_table("filepath,title\n1.bmp,a\n1.bmp,another\nnone.bmp,c\n1.bmp,\n")};
  const DoctorReport report = check_shards(options);
  EXPECT_EQ(report.samples.written, 2U);
  EXPECT_THAT(counts(report.samples),
              ElementsAre(Pair("whose picture is not there", 1), Pair("with an empty caption", 1)));
  options.repair = path("clean");
  EXPECT_THROW(check_shards(options), Error);
}

TEST_F(ShardToolsTest, DoctorCountsRowsThatCannotBeReadAmongAFilesSamples) {
  DoctorOptions options;
  options.inputs.sources = {write_table("filepath,title\n1.bmp,a\n1.bmp\n1.bmp,b,c\n,d\n")};
  const DoctorReport report = check_shards(options);
  EXPECT_EQ(report.samples.read, 4U);
  EXPECT_EQ(report.shards.shards.at(0).samples, 4U);
  EXPECT_EQ(report.shards.shards.at(0).bad, 3U);
}

TEST_F(ShardToolsTest, PackMakesKeysThatATarCanHold) {
  fs::create_directories(path("in/.."));
  write_file(path("in/a.b.bmp"), picture_);
  write_file(path("in/a.b.txt"), "one");
  write_file(path("in/a_b.bmp"), picture_);
  write_file(path("in/a_b.txt"), "two");
  write_file(path("in/c.bmp"), picture_);
  RepackOptions options;
  options.inputs.sources = {path("in")};
  options.rules = {.decode = false};
  options.out = path("out");
  options.samples_per_shard = 1;
  const RepackReport report = repack_samples(options);
  EXPECT_EQ(report.samples.written, 2U);
  EXPECT_THAT(counts(report.samples), ElementsAre(Pair("without a caption", 1)));
  EXPECT_THAT(report.samples.notes,
              ElementsAre(HasSubstr("another character there: 1"), HasSubstr("got a number: 1")));
  const shards::Dataset packed(path("out"));
  ASSERT_EQ(packed.size(), 2U);
  EXPECT_EQ(packed.at(0).key, "a_b");
  EXPECT_EQ(packed.at(1).key, "a_b-2");
  EXPECT_EQ(packed.at(1).text("txt"), "two");
}

TEST_F(ShardToolsTest, SplitAndMergeLoseNothing) {
  const std::string shard =
      write_tar("a.tar", {{"1.bmp", "x"}, {"1.txt", "a"}, {"2.cls", "7"}, {"3.json", "{}"}});
  RepackOptions options;
  options.inputs.sources = {shard};
  options.out = path("split");
  options.samples_per_shard = 2;
  EXPECT_EQ(repack_samples(options).samples.written, 3U);
  options.inputs.sources = {path("split")};
  options.format = SampleFormat::tar;
  options.out = path("merged.tar");
  EXPECT_EQ(repack_samples(options).samples.written, 3U);
  EXPECT_EQ(read_text_file(path("merged.tar")), read_text_file(shard));
  EXPECT_THROW(repack_samples(options), Error);  // it is there
}

TEST_F(ShardToolsTest, TheWayThroughChineseClipsFormKeepsPicturesAndTexts) {
  const std::string shard = write_tar(
      "a.tar", {{"12.bmp", picture_}, {"12.txt", "猫"}, {"x.bmp", picture_}, {"x.txt", "a\tb"}});
  RepackOptions options;
  options.inputs.sources = {shard};
  options.format = SampleFormat::chinese_clip;
  options.out = path("chinese");
  repack_samples(options);
  const shards::Dataset back(path("chinese/train_imgs.tsv"));
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back.at(0).key, "12");
  EXPECT_EQ(back.at(0).text("txt"), "猫");
  EXPECT_EQ(back.at(1).text("txt"), "a\tb");
  EXPECT_EQ(back.at(1).image()->size(), picture_.size());
}

TEST_F(ShardToolsTest, ATableHasARowACaption) {
  const std::string shard = write_tar(
      "a.tar",
      {{"d/1.bmp", picture_}, {"d/1.json", R"({"texts": ["a \"cat\"", "b,c"]})"}, {"2.txt", "e"}});
  RepackOptions options;
  options.inputs.sources = {shard};
  options.format = SampleFormat::csv;
  options.out = path("table");
  const RepackReport report = repack_samples(options);
  EXPECT_EQ(read_text_file(path("table/table.csv")),
            "filepath,title\npictures/d/1.bmp,\"a \"\"cat\"\"\"\npictures/d/1.bmp,\"b,c\"\n,e\n");
  EXPECT_EQ(read_text_file(path("table/pictures/d/1.bmp")), picture_);
  EXPECT_THAT(report.samples.notes, ElementsAre(HasSubstr("json parts: 1")));
}

TEST_F(ShardToolsTest, FilesStayInTheirFolder) {
  const std::string shard = write_tar("a.tar", {{"../../up.txt", "a"}, {"/root.txt", "b"}});
  RepackOptions options;
  options.inputs.sources = {shard};
  options.format = SampleFormat::files;
  options.out = path("files");
  repack_samples(options);
  EXPECT_EQ(read_text_file(path("files/-./-./up.txt")), "a");
  EXPECT_EQ(read_text_file(path("files/root.txt")), "b");
}

TEST_F(ShardToolsTest, NothingWrittenIsAnError) {
  RepackOptions options;
  options.inputs.sources = {write_tar("a.tar", {{"1.bmp", "x"}})};
  options.rules = {.decode = false};
  options.out = path("out");
  EXPECT_THROW(repack_samples(options), Error);
}

}  // namespace
}  // namespace diptych::curate
