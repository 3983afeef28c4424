#include "train/run_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/error.h"
#include "shards/shard_writer.h"
#include "support/support.h"

namespace diptych::train {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RunDataTest : public testing::Test {
 protected:
  RunDataTest() {
    options_.batch_size = 2;
    options_.workers = 1;
  }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string save(const std::string& name, const std::string& text) const {
    write_file(path(name), text);
    return path(name).string();
  }
  static std::string picture() {
    return read_text_file(diptych::test::data_path("images/tiny_1x1.png"));
  }
  /// Shards of four samples, two a shard, whose captions are in json parts.
  std::string save_shards(const std::string& name) const {
    shards::ShardWriter writer(path(name), {.samples_per_shard = 2});
    for (int i = 0; i < 4; ++i) {
      const std::string picture = RunDataTest::picture() + std::to_string(i);
      const std::string json = R"({"caption": "picture )" + std::to_string(i) + R"(", "pair": )" +
                               std::to_string(i / 2) + "}";
      writer.add(std::to_string(i), {{"jpg", std::as_bytes(std::span(picture))},
                                     {"json", std::as_bytes(std::span(json))}});
    }
    writer.finish();
    return path(name).string();
  }
  struct Failure {
    ErrorCode code;
    std::string message;
  };
  Failure failure() const {
    try {
      open_run_data(options_);
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {ErrorCode::internal, "it was opened"};
  }

  diptych::test::TemporaryFolder folder_;
  TrainOptions options_;
};

TEST_F(RunDataTest, SaysHowManyPairsOfHowManyBySource) {
  save("x.jpg", picture());
  const std::string good = save("good.csv", "filepath,title\nx.jpg,a\nx.jpg,b\n");
  const std::string bad =
      save("bad.csv", "filepath,title\nx.jpg,a\nx.jpg,\nx.jpg,a,b\nx.jpg,b,c\n");
  options_.train_data = good + "::" + bad;
  const TrainDataSummary summary = open_run_data(options_).summary;
  EXPECT_EQ(summary.pairs, 3);
  EXPECT_EQ(summary.samples, 6);
  ASSERT_EQ(summary.sources.size(), 2U);
  EXPECT_EQ(summary.sources[1].name, bad);
  EXPECT_EQ(summary.sources[1].pairs, 1);
  EXPECT_EQ(summary.sources[1].samples, 4);
  ASSERT_EQ(summary.refused.size(), 2U);
  EXPECT_EQ(summary.refused[0].reason, "malformed_row") << "the commonest first";
  EXPECT_EQ(summary.refused[0].count, 2);
  EXPECT_THAT(summary.refused[0].example, HasSubstr("bad.csv, line 4"));
  EXPECT_EQ(summary.refused[1].reason, "empty_caption");
}

TEST_F(RunDataTest, SaysWhichPicturesAViewerShowsOtherwise) {
  const auto image = [](const char* name) { return diptych::test::data_path(name).string(); };
  options_.train_data =
      save("t.csv", "filepath,title\n" + image("images/exif_rotated.jpg") + ",a\n" +
                        image("images/gray16.png") + ",b\n" + image("odd_images/animated.webp") +
                        ",c\n" + image("images/rgb.png") + ",d\n");
  EXPECT_THAT(
      open_run_data(options_).summary.notes,
      ElementsAre(HasSubstr("of 4 pictures looked at, 1 with an EXIF orientation, taken as"),
                  HasSubstr("of 4 pictures looked at, 1 in 16-bit grey"),
                  HasSubstr("of 4 pictures looked at, 1 with further frames or pages")));
  options_.upright = "yes";
  options_.wide = "scale";
  EXPECT_THAT(open_run_data(options_).summary.notes, ElementsAre(HasSubstr("further frames")));
}

TEST_F(RunDataTest, SaysWhatOfAnEpochFillsNoBatch) {
  save("x.jpg", picture());
  options_.train_data = save("five.csv",
                             "filepath,title\nx.jpg,a\nx.jpg,b\nx.jpg,c\nx.jpg,d\n"
                             "x.jpg,e\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              Contains(HasSubstr("of 5 pairs 1 are left out of every epoch")));
  options_.batch_size = 5;
  EXPECT_THAT(open_run_data(options_).summary.notes, Not(Contains(HasSubstr("left out of every"))));
}

TEST_F(RunDataTest, StopsAtSourcesThatCannotBeReadUnlessTold) {
  options_.json_text_key = "caption";
  const std::string shards = save_shards("shards");
  options_.train_data = shards + "/00000{0..3}.tar";
  EXPECT_EQ(failure().code, ErrorCode::not_found);
  EXPECT_THAT(failure().message, HasSubstr("got 2 of 4 files"));
  EXPECT_THAT(failure().message, HasSubstr("000003.tar"));
  options_.skip_bad_shards = true;
  const TrainDataSummary summary = open_run_data(options_).summary;
  EXPECT_EQ(summary.pairs, 4);
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_EQ(summary.refused[0].reason, "missing_source");
  EXPECT_EQ(summary.refused[0].count, 2);

  options_.skip_bad_shards = false;
  const std::string whole = read_text_file(path("shards") / "000000.tar");
  options_.train_data = save("cut.tar", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(failure().code, ErrorCode::corrupt_data);
  EXPECT_THAT(failure().message, HasSubstr("cut"));
  options_.json_text_key.clear();
  options_.train_data = save("columns.csv", "image,caption\nx.jpg,a\n");
  EXPECT_EQ(failure().code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure().message, HasSubstr("'image', 'caption'"));
}

TEST_F(RunDataTest, SaysWhyThereIsLessThanABatch) {
  options_.train_data = save_shards("shards");
  EXPECT_EQ(failure().code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure().message, HasSubstr("got 0 usable samples of 4"));
  EXPECT_THAT(failure().message,
              HasSubstr("4 without a caption, the first: sample: got jpg, json"));
}

TEST_F(RunDataTest, StopsWhenNothingLookedAtCanBeUsed) {
  options_.train_data = save("t.csv", "filepath,title\nno/a.jpg,a\nno/b.jpg,b\n");
  EXPECT_EQ(failure().code, ErrorCode::not_found);
  EXPECT_THAT(failure().message, HasSubstr("2 whose picture is not there"));
  EXPECT_THAT(failure().message, HasSubstr("line 2"));
  options_.train_data = save_shards("shards");
  options_.json_text_key = "captoin";
  EXPECT_EQ(failure().code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure().message, HasSubstr("'captoin'"));
}

TEST_F(RunDataTest, NotesWhatSomeSamplesLack) {
  save("x.jpg", picture());
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,a\nno.jpg,b\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              ElementsAre(HasSubstr("1 whose picture is not there")));
}

TEST_F(RunDataTest, StopsWhenNoPictureLookedAtCanBeRead) {
  save("x.jpg", "<!DOCTYPE html>");
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,a\nx.jpg,b\n");
  EXPECT_EQ(failure().code, ErrorCode::corrupt_data);
  EXPECT_THAT(failure().message, HasSubstr("no picture that can be read among 2 looked at"));
  EXPECT_THAT(failure().message, HasSubstr("got a web page"));
  save("y.jpg", picture());
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,a\ny.jpg,b\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              ElementsAre(HasSubstr("of 2 pictures looked at, 1 whose picture cannot be read")));
}

/// As of a column that names the split.
TEST_F(RunDataTest, NotesThatAllCaptionsAreTheSame) {
  save("x.jpg", picture());
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,train\nx.jpg,train\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              Contains("all 2 captions looked at are the same, 'train': nothing tells the pairs "
                       "apart"));
}

/// As of a host that answers every request with "this picture is gone".
TEST_F(RunDataTest, NotesThatMostPicturesAreTheSame) {
  save("x.jpg", picture());
  save("y.jpg", read_text_file(diptych::test::data_path("images/gray.png")));
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,a\ny.jpg,b\nx.jpg,c\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              Contains(AllOf(HasSubstr("2 of 3 pictures looked at are the same, that of "),
                             HasSubstr("t.csv, line 2"), HasSubstr("these pairs"))));
  options_.train_data = save("u.csv", "filepath,title\nx.jpg,a\ny.jpg,b\n");
  EXPECT_THAT(open_run_data(options_).summary.notes, IsEmpty());
}

TEST_F(RunDataTest, RecommendsNothingThatIsGivenAlready) {
  options_.skip_bad_shards = true;
  options_.train_data = path("0.tar").string() + "::" + path("1.tar").string();
  EXPECT_EQ(failure().code, ErrorCode::not_found);
  EXPECT_THAT(failure().message, HasSubstr("got 2 of 2 files"));
  EXPECT_THAT(failure().message, Not(HasSubstr("--skip-bad-shards")));
}

TEST_F(RunDataTest, RefusesKeysThatAreNowhere) {
  options_.train_data = save_shards("shards");
  options_.json_text_key = "caption";
  options_.group_key = "concept";
  EXPECT_EQ(failure().code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure().message, HasSubstr("'concept', which no sample's json has"));
  options_.group_key = "caption";
  EXPECT_THAT(open_run_data(options_).summary.notes, ElementsAre(HasSubstr("changes nothing")));
  options_.group_key = "pair";
  const RunData paired = open_run_data(options_);
  EXPECT_THAT(paired.summary.notes, IsEmpty());
  EXPECT_THAT(paired.groups, ElementsAre(0, 0, 1, 1));
}

TEST_F(RunDataTest, SaysWhenOneGroupLeavesFewNegatives) {
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) save(name, picture());
  options_.group_captions = true;
  options_.train_data = save("t.csv", "filepath,title\na.jpg,a cat\nb.jpg,a cat\nc.jpg,a dog\n");
  EXPECT_THAT(open_run_data(options_).summary.notes,
              Contains(HasSubstr("group-captions: 2 of 3 samples are of one group")));
  options_.train_data = save("t.csv", "filepath,title\na.jpg,a cat\nb.jpg,a cat\nc.jpg,a cat\n");
  EXPECT_EQ(failure().code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure().message, HasSubstr("got all 3 samples in one group"));
}

TEST_F(RunDataTest, SaysHowManyCaptionsAreNotOfTheKey) {
  options_.json_text_key = "caption";
  shards::ShardWriter writer(path("others"));
  const std::string words = "a cat";
  const std::string image = picture();
  writer.add("a",
             {{"jpg", std::as_bytes(std::span(image))}, {"txt", std::as_bytes(std::span(words))}});
  writer.finish();
  options_.train_data = save_shards("shards") + "::" + path("others").string();
  EXPECT_THAT(open_run_data(options_).summary.notes,
              Contains(HasSubstr("1 of 5 samples looked at have no 'caption': their captions are "
                                 "txt")));
}

TEST_F(RunDataTest, RefusesKeysOfJsonForTables) {
  save("x.jpg", picture());
  options_.train_data = save("t.csv", "filepath,title\nx.jpg,a\nx.jpg,b\n");
  options_.group_key = "label";
  EXPECT_THAT(failure().message, HasSubstr("group-key: got 'label' for a table"));
  options_.group_key.clear();
  options_.json_text_key = "title";
  EXPECT_THAT(failure().message, HasSubstr("json-text-key: got 'title' for a table"));
}

TEST_F(RunDataTest, RefusesColumnsForShards) {
  options_.json_text_key = "caption";
  options_.train_data = save_shards("shards");
  options_.csv_caption_key = "text";
  EXPECT_THAT(failure().message, HasSubstr("csv-caption-key: got 'text' for shards"));
  options_.csv_caption_key = TrainOptions().csv_caption_key;
  options_.csv_separator = ';';
  EXPECT_THAT(failure().message, HasSubstr("csv-separator: got ';' for shards"));
  save("x.jpg", picture());
  options_.train_data += "::" + save("t.csv", "filepath;title\nx.jpg;a\n");
  EXPECT_EQ(open_run_data(options_).summary.pairs, 5) << "shards and a table";
}

}  // namespace
}  // namespace diptych::train
