#include "diptych/filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/random.h"
#include "curate/picture_hash.h"
#include "curate/semantic_clusters.h"
#include "shards/dataset.h"
#include "shards/tar.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// A picture with a pattern of its own for each seed.
Image pattern(int side, unsigned seed) {
  Image image{.width = side, .height = side, .rgb = {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const unsigned field = static_cast<unsigned>(y * 8 / side * 9 + x * 9 / side);
      const unsigned mixed = (field + 1) * 2654435761U * (seed * 2 + 1);
      for (int c = 0; c < 3; ++c) image.rgb.push_back(static_cast<std::uint8_t>(mixed >> 24U));
    }
  }
  return image;
}

std::string as_bmp(const Image& image) {
  const auto number = [](std::uint32_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const auto width = static_cast<std::uint32_t>(image.width);
  const auto height = static_cast<std::uint32_t>(image.height);
  const std::uint32_t row = (3 * width + 3) / 4 * 4;
  std::string text = "BM" + number(54 + row * height, 4) + number(0, 4) + number(54, 4) +
                     number(40, 4) + number(width, 4) + number(height, 4) + number(1, 2) +
                     number(24, 2) + std::string(24, '\0');
  for (std::uint32_t y = height; y > 0; --y) {
    std::string line;
    for (std::uint32_t x = 0; x < width; ++x) {
      const std::uint8_t* pixel = image.rgb.data() + ((y - 1) * width + x) * 3;
      for (int c = 2; c >= 0; --c) line += static_cast<char>(pixel[c]);
    }
    line.resize(row);
    text += line;
  }
  return text;
}

std::map<std::string, std::uint64_t> counts(const std::map<std::string, Dropped>& reasons) {
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& [reason, dropped] : reasons) numbers[reason] = dropped.count;
  return numbers;
}

class FiltersTest : public ::testing::Test {
 protected:
  std::string write_tar(const std::string& name,
                        const std::vector<std::pair<std::string, std::string>>& files) {
    shards::TarWriter tar(path(name));
    for (const auto& [file, content] : files) tar.add(file, std::as_bytes(std::span(content)));
    tar.commit();
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::vector<std::string> keys(const std::string& name) const {
    const shards::Dataset dataset(path(name));
    std::vector<std::string> found;
    for (std::size_t i = 0; i < dataset.size(); ++i) found.push_back(dataset.at(i).key);
    return found;
  }
  diptych::test::TemporaryFolder folder_;
};

TEST_F(FiltersTest, DedupKeepsTheFirstOfCopies) {
  const std::string one = as_bmp(pattern(72, 1));
  DedupOptions options;
  options.inputs.sources = {write_tar("a.tar", {{"1.bmp", one},
                                                {"1.txt", "a"},
                                                {"2.bmp", one},
                                                {"2.txt", "b"},
                                                {"3.bmp", as_bmp(pattern(144, 1))},
                                                {"3.txt", "c"},
                                                {"4.bmp", as_bmp(pattern(72, 2))},
                                                {"4.txt", "d"},
                                                {"5.bmp", as_bmp(pattern(72, 3))},
                                                {"5.txt", "e"},
                                                {"6.bmp", "broken"},
                                                {"6.txt", "f"}})};
  options.against.sources = {write_tar("eval.tar", {{"x.bmp", as_bmp(pattern(90, 3))}})};
  options.out = path("once");
  const FilterReport report = dedup_samples(options);
  EXPECT_THAT(keys("once"), ElementsAre("1", "4"));
  EXPECT_THAT(counts(report.samples.left_out),
              ElementsAre(Pair("in an evaluation set", 1), Pair("looks like an earlier picture", 1),
                          Pair("same bytes as an earlier picture", 1)));
  EXPECT_THAT(counts(report.samples.dropped), ElementsAre(Pair("whose picture cannot be read", 1)));
  EXPECT_EQ(report.samples.read, 6U);

  options.against.sources.clear();
  options.distance = -1;
  options.out = path("exact");
  options.stage.threads = 1;
  dedup_samples(options);
  EXPECT_THAT(keys("exact"), ElementsAre("1", "3", "4", "5", "6"));
}

TEST_F(FiltersTest, DedupByPartsKeepsWhatDedupKeeps) {
  const std::string one = as_bmp(pattern(72, 1));
  const std::vector<std::string> shards = {
      write_tar("a.tar",
                {{"1.bmp", one}, {"1.txt", "a"}, {"2.bmp", "broken"}, {"3.txt", "no picture"}}),
      write_tar("b.tar", {{"4.bmp", one}, {"5.bmp", as_bmp(pattern(144, 1))}}),
      write_tar(
          "c.tar",
          {{"6.bmp", as_bmp(pattern(72, 2))}, {"6.txt", "f"}, {"7.bmp", as_bmp(pattern(72, 3))}})};
  CopyOptions copies;
  for (const std::string& shard : shards) {
    copies.fingerprints.emplace_back(shard + ".prints");
    FingerprintOptions options;
    options.inputs.sources = {shard};
    options.out = copies.fingerprints.back();
    fingerprint_pictures(options);
  }
  copies.against.sources = {write_tar("eval.tar", {{"x.bmp", as_bmp(pattern(90, 3))}})};
  copies.out = path("copies");
  const StageReport found = find_copies(copies);
  EXPECT_EQ(found.read, 7U);
  EXPECT_EQ(found.written, 2U);
  EXPECT_THAT(counts(found.dropped),
              ElementsAre(Pair("whose picture cannot be read", 1), Pair("without a picture", 1)));
  const std::vector<std::vector<std::string>> left = {{"1"}, {}, {"6"}};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    DedupPartOptions part{.copies = copies.out, .part = i};
    part.inputs.sources = {shards[i]};
    part.out = path("left" + std::to_string(i) + ".tar");
    const FilterReport report = dedup_part(part);
    EXPECT_EQ(report.samples.read, i == 0 ? 3U : 2U);
    EXPECT_EQ(keys("left" + std::to_string(i) + ".tar"), left[i]);
  }
  // A shard that is another one now, and a part that there is not.
  DedupPartOptions part{.copies = copies.out, .part = 0, .out = path("other.tar")};
  part.inputs.sources = {shards[1]};
  EXPECT_THROW(dedup_part(part), Error);
  // One with as many pictures, of which those of other files would have been left out.
  part.part = 1;
  part.inputs.sources = {shards[2]};
  EXPECT_THROW(dedup_part(part), Error);
  EXPECT_FALSE(std::filesystem::exists(part.out));
  part.part = 3;
  EXPECT_THROW(dedup_part(part), Error);
}

TEST_F(FiltersTest, DamagedFingerprintsAndCopiesAreRefused) {
  const auto number = [](std::uint64_t value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const std::string shard = write_tar("a.tar", {{"1.bmp", as_bmp(pattern(72, 1))}});
  FingerprintOptions print;
  print.inputs.sources = {shard};
  print.out = path("whole");
  fingerprint_pictures(print);
  const std::string whole = read_text_file(print.out);
  ASSERT_EQ(whole.size(), 72U);
  const std::string unknown = whole.substr(0, 64) + number(9);
  for (const std::string& bytes : {std::string(), whole.substr(1), whole.substr(0, 60), unknown}) {
    write_file(path("damaged"), bytes);
    CopyOptions options;
    options.fingerprints = {path("damaged")};
    options.out = path("copies");
    EXPECT_THROW(find_copies(options), Error) << bytes.size();
  }
  const std::string magic = "diptych copies, form 2\n";
  for (const std::string& bytes :
       {std::string("x"), magic, magic + number(0), magic + number(1),
        magic + number(1) + number(0), magic + number(~0ULL) + number(0) + number(1) + "\0",
        magic + number(1) + number(0) + number(0) + number(2) + "k",
        magic + number(1) + number(0) + number(2) + number(1) + "k"}) {
    write_file(path("copies"), bytes);
    DedupPartOptions part{.copies = path("copies"), .part = 0, .out = path("left.tar")};
    part.inputs.sources = {shard};
    EXPECT_THROW(dedup_part(part), Error) << bytes.size();
  }
}

TEST(NearHashes, FindsAllWithinTheDistanceAndNoOther) {
  for (int distance = 0; distance <= 7; ++distance) {
    NearHashes hashes(distance);
    const std::uint64_t hash = 0x0123456789ABCDEF;
    hashes.insert(hash);
    for (int bits = 0; bits <= 9; ++bits) {
      std::uint64_t other = hash;
      for (int i = 0; i < bits; ++i) other ^= std::uint64_t{1} << ((i * 29 + distance) % 64);
      ASSERT_EQ(std::popcount(hash ^ other), bits);
      EXPECT_EQ(hashes.has_near(other), bits <= distance) << distance << " " << bits;
    }
  }
}

TEST(PictureHash, IsTheSameInAnotherSizeAndNoneOfFlatPictures) {
  EXPECT_EQ(picture_hash(pattern(72, 5)), picture_hash(pattern(216, 5)));
  EXPECT_NE(picture_hash(pattern(72, 5)), picture_hash(pattern(72, 6)));
  EXPECT_EQ(picture_hash({.width = 1, .height = 1, .rgb = {1, 2, 3}}), std::nullopt);
}

TEST_F(FiltersTest, ScoreLeavesOutByRulesAndThenByShare) {
  const std::string picture = as_bmp(pattern(24, 1));
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 8; ++i) {
    files.emplace_back(std::to_string(i) + ".bmp", picture);
    files.emplace_back(std::to_string(i) + ".txt", "two words " + std::to_string(i));
  }
  files.emplace_back("few.bmp", picture);
  files.emplace_back("few.txt", "word");
  files.emplace_back(
      "wide.bmp", as_bmp(Image{.width = 40, .height = 4, .rgb = std::vector<std::uint8_t>(480)}));
  files.emplace_back("wide.txt", "some more words");
  ScoreOptions options;
  options.inputs.sources = {write_tar("a.tar", files)};
  options.rules = {.least_words = 3, .most_aspect = 3.0};
  options.scorer = [](std::span<const PictureBytes>, std::span<const std::string> captions) {
    std::vector<double> scores;
    for (const std::string& caption : captions) scores.push_back(caption.back() - '0');
    return scores;
  };
  options.top_share = 0.25;
  options.scores = path("scores.jsonl");
  options.out = path("best");
  const ScoreReport report = score_samples(options);
  EXPECT_THAT(keys("best"), ElementsAre("6", "7"));
  EXPECT_THAT(counts(report.filter.samples.left_out),
              ElementsAre(Pair("few words", 1), Pair("long picture", 1), Pair("low score", 6)));
  EXPECT_EQ(report.filter.samples.read, 10U);
  EXPECT_EQ(report.scored, 8U);
  EXPECT_EQ(report.mean, 3.5);
  EXPECT_EQ(report.least_kept, 6.0);
  EXPECT_TRUE(read_text_file(path("scores.jsonl")).starts_with("{\"key\":\"0\",\"score\":0"));

  options.top_share = 0.0;
  options.least_score = 5.0;
  options.scores.clear();
  options.out = path("from-five");
  score_samples(options);
  EXPECT_THAT(keys("from-five"), ElementsAre("5", "6", "7"));
  options.least_score = 50.0;
  options.out = path("none");
  EXPECT_THROW(score_samples(options), Error);
}

/// A score by the last digit of the caption.
std::vector<double> digit_scores(std::span<const PictureBytes>,
                                 std::span<const std::string> texts) {
  std::vector<double> scores;
  for (const std::string& text : texts) scores.push_back(text.back() - '0');
  return scores;
}

TEST_F(FiltersTest, ATopShareOfAllIsKeptByShardToo) {
  const std::string picture = as_bmp(pattern(24, 1));
  const std::vector<std::string> shards = {
      write_tar("a.tar",
                {{"1.bmp", picture}, {"1.txt", "a 1"}, {"2.bmp", picture}, {"2.txt", "b 8"}}),
      write_tar("b.tar", {{"x.txt", "no picture"}}),
      write_tar("c.tar", {{"3.bmp", picture},
                          {"3.txt", "7"},
                          {"4.bmp", picture},
                          {"4.txt", "d 9"},
                          {"5.bmp", picture},
                          {"5.txt", "e 3"}})};
  std::vector<std::filesystem::path> scores;
  for (const std::string& shard : shards) {
    scores.emplace_back(shard + ".scores");
    ScoreOptions options;
    options.inputs.sources = {shard};
    options.rules.least_words = 2;
    options.scorer = digit_scores;
    options.scores = scores.back();
    options.stage.is_part = true;
    score_samples(options);
  }
  const double least = top_share_of(scores, 0.5).least;
  EXPECT_EQ(least, 8.0);
  EXPECT_EQ(top_share_of(scores, 0.5).note, "");
  const auto keep = [&](std::size_t shard, std::size_t from) {
    ScoreOptions options;
    options.inputs.sources = {shards[shard]};
    options.scored = scores[from];
    options.least_score = least;
    options.format = SampleFormat::tar;
    options.out = path("kept" + std::to_string(shard) + ".tar");
    options.stage.is_part = true;
    return score_samples(options).filter.samples;
  };
  EXPECT_THAT(counts(keep(0, 0).left_out), ElementsAre(Pair("low score", 1)));
  EXPECT_THAT(counts(keep(1, 1).left_out), ElementsAre(Pair("without a score", 1)));
  EXPECT_THAT(counts(keep(2, 2).left_out),
              ElementsAre(Pair("low score", 1), Pair("without a score", 1)));
  EXPECT_THAT(keys("kept0.tar"), ElementsAre("2"));
  EXPECT_THAT(keys("kept2.tar"), ElementsAre("4"));
  // Scores of another shard, damaged ones, and none at all.
  EXPECT_THROW(keep(1, 0), Error);
  write_file(scores[0], "{\"key\":\"1\"}\n");
  EXPECT_THROW(top_share_of(scores, 0.5), Error);
  EXPECT_THROW(top_share_of({scores[1]}, 0.5), Error);
  EXPECT_THROW(top_share_of({scores[2]}, 0.0), Error);
}

TEST_F(FiltersTest, ATopShareThatEndsAmongEqualScoresHasThemAllAndSaysSo) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const std::string key : {"1", "2", "3", "4"}) {
    entries.emplace_back(key + ".bmp", as_bmp(pattern(24, 1)));
    entries.emplace_back(key + ".txt", key == "1" ? "a 9" : "a 5");
  }
  ScoreOptions options;
  options.inputs.sources = {write_tar("equal.tar", entries)};
  options.scorer = digit_scores;
  options.top_share = 0.5;
  options.out = path("half");
  options.scores = path("equal.jsonl");
  const ScoreReport report = score_samples(options);
  EXPECT_EQ(report.filter.samples.written, 4U);
  const std::string note =
      "4 of 4 are kept, where the share is 2: those whose score is that of the last one, 5.0000, "
      "are all in it";
  EXPECT_THAT(report.filter.samples.notes, ElementsAre(note));
  EXPECT_EQ(top_share_of({options.scores}, 0.5).note, note);
}

TEST_F(FiltersTest, AScoreThatIsNoNumberIsCounted) {
  const std::string picture = as_bmp(pattern(24, 1));
  ScoreOptions options;
  options.inputs.sources = {write_tar(
      "a.tar", {{"1.bmp", picture}, {"1.txt", "a 1"}, {"2.bmp", picture}, {"2.txt", "b 2"}})};
  options.scorer = [](std::span<const PictureBytes> pictures, std::span<const std::string>) {
    std::vector<double> scores(pictures.size(), 1.0);
    scores.front() = std::nan("");
    return scores;
  };
  options.out = path("out");
  const StageReport report = score_samples(options).filter.samples;
  EXPECT_THAT(counts(report.dropped), ElementsAre(Pair("whose score is no number", 1)));
  EXPECT_EQ(report.written, 1U);
}

/// An embedding of two numbers, at an angle that the picture's key says in degrees.
Matrix embed_by_key(std::span<const PictureBytes> pictures) {
  Matrix rows(pictures.size(), 2);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const double angle = std::stod(pictures[i].name) / 180.0 * std::numbers::pi;
    rows.row(i)[0] = static_cast<float>(std::cos(angle));
    rows.row(i)[1] = static_cast<float>(std::sin(angle));
  }
  return rows;
}

TEST_F(FiltersTest, OfPicturesThatMeanTheSameThoseFarFromTheCentreStay) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const char* angle : {"0", "2", "6", "90", "91", "180"}) {
    files.emplace_back(std::string(angle) + ".bmp", as_bmp(pattern(24, 1)));
    files.emplace_back(std::string(angle) + ".txt", "a caption");
  }
  files.emplace_back("7.txt", "no picture");
  SemanticDedupOptions options;
  options.inputs.sources = {write_tar("a.tar", files)};
  options.embedder = embed_by_key;
  options.similarity = std::cos(3.0 / 180.0 * std::numbers::pi);
  options.out = path("different");
  // One cluster, whose centre is at some 60 degrees: of 0 and 2 the first is farther, of 90 and 91
  // the second.
  const SemanticDedupReport report = semantic_dedup_samples(options);
  EXPECT_EQ(report.clusters, 1U);
  EXPECT_THAT(keys("different"), ElementsAre("0", "6", "91", "180"));
  EXPECT_THAT(counts(report.filter.samples.left_out),
              ElementsAre(Pair("means the same as another picture", 2)));
  EXPECT_THAT(counts(report.filter.samples.dropped), ElementsAre(Pair("without a picture", 1)));
  EXPECT_EQ(report.filter.samples.read, 7U);

  options.keep_share = 0.5;
  options.stage.threads = 3;
  options.out = path("half");
  const SemanticDedupReport half = semantic_dedup_samples(options);
  EXPECT_THAT(keys("half"), ElementsAre("0", "91", "180"));
  EXPECT_LT(half.similarity, options.similarity);

  // Where every picture is a cluster, none is compared with another.
  options.keep_share = 0.0;
  options.clusters = 100;
  options.out = path("each");
  const SemanticDedupReport alone = semantic_dedup_samples(options);
  EXPECT_EQ(alone.clusters, 6U);
  EXPECT_EQ(alone.filter.samples.written, 6U);
  options.similarity = 2.0;
  EXPECT_THROW(semantic_dedup_samples(options), Error);
}

TEST(SemanticClusters, AreFoundAndAreTheSameWhateverTheThreads) {
  constexpr std::size_t kGroups = 5;
  constexpr std::size_t kRows = 400;
  Random random(3);
  EmbeddingRows rows;
  for (std::size_t i = 0; i < kRows; ++i) {
    std::vector<float> row(11, 0.0F);
    row[i % kGroups] = 1.0F;
    double squares = 0.0;
    for (float& value : row) {
      value += static_cast<float>(0.05 * random.normal());
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : row) value /= static_cast<float>(std::sqrt(squares));
    rows.push_back(std::move(row));
  }
  ThreadPool one(1);
  ThreadPool three(3);
  // More clusters than groups, so that each group has a centre wherever the first ones fall.
  const EmbeddingRows centres = cluster_centres(rows, 40, 1, one);
  EXPECT_EQ(cluster_centres(rows, 40, 1, three), centres);
  const std::vector<float> similarity = similarity_to_farther(rows, centres, one);
  EXPECT_EQ(similarity_to_farther(rows, centres, three), similarity);
  // Rows of one group are alike; the first of a cluster has none to be like.
  EXPECT_EQ(std::count(similarity.begin(), similarity.end(), -1.0F), 40);
  EXPECT_GT(std::count_if(similarity.begin(), similarity.end(), [](float s) { return s > 0.9F; }),
            static_cast<std::ptrdiff_t>(kRows * 8 / 10));
}

}  // namespace
}  // namespace diptych::curate
