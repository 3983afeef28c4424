#include "curate/soft_cap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/sampling.h"
#include "shards/tar.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Racer> racers_of(const std::vector<double>& scores, const SoftCapRule& rule) {
  std::vector<Racer> racers;
  for (std::size_t i = 0; i < scores.size(); ++i)
    racers.push_back({.score = scores[i], .hash = draw_hash("pair " + std::to_string(i), rule)});
  return racers;
}

std::vector<std::uint64_t> draws_of(const std::vector<double>& scores, std::uint64_t draws,
                                    const SoftCapRule& rule) {
  const std::vector<Racer> racers = racers_of(scores, rule);
  const double limit = time_of_draw(draws, racers, rule);
  std::vector<std::uint64_t> counts;
  for (const Racer& racer : racers) counts.push_back(draws_until(limit, racer, rule, 1'000'000));
  return counts;
}

/// Draws one after the other, each in proportion to exp(score - penalty draws).
std::vector<std::uint64_t> naive_draws(const std::vector<double>& scores, std::uint64_t draws,
                                       double penalty, std::mt19937_64& random) {
  std::vector<std::uint64_t> counts(scores.size(), 0);
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    std::vector<double> chances;
    for (std::size_t i = 0; i < scores.size(); ++i)
      chances.push_back(std::exp(scores[i] - penalty * static_cast<double>(counts[i])));
    ++counts[std::discrete_distribution<std::size_t>(chances.begin(), chances.end())(random)];
  }
  return counts;
}

TEST(SoftCap, DrawsAsOftenAsAskedFor) {
  const std::vector<double> scores = {0.0, -1.0, -0.5, -8.0, -2.0, -30.0};
  for (const std::uint64_t draws : {1U, 2U, 7U, 100U, 10'000U}) {
    const auto counts = draws_of(scores, draws, {.penalty = 0.2, .seed = 3});
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), draws);
  }
  // With a penalty beyond any score all are drawn once before one is drawn twice.
  EXPECT_THAT(draws_of(scores, 6, {.penalty = 100.0, .seed = 1}), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST(SoftCap, IsTheRaceOfAllTimes) {
  const SoftCapRule rule{.penalty = 0.3, .seed = 11};
  std::vector<double> scores;
  for (int i = 0; i < 50; ++i) scores.push_back(-0.07 * i);
  const std::vector<Racer> racers = racers_of(scores, rule);
  // Each draw's time by halving, all of them in order.
  std::vector<double> times;
  for (const Racer& racer : racers) {
    for (std::uint64_t draw = 1; draw <= 20; ++draw) {
      double low = 0.0;
      double high = 1e30;
      for (int i = 0; i < 400; ++i) {
        const double middle = (low + high) / 2.0;
        (draws_until(middle, racer, rule, draw) == draw ? high : low) = middle;
      }
      times.push_back(high);
    }
  }
  std::sort(times.begin(), times.end());
  for (const std::uint64_t draws : {1U, 17U, 130U})
    EXPECT_DOUBLE_EQ(time_of_draw(draws, racers, rule), times[draws - 1]) << draws;
}

TEST(SoftCap, DrawsAsDrawingOneAfterTheOtherDoes) {
  constexpr int kRuns = 4000;
  constexpr std::uint64_t kDraws = 12;
  constexpr double kPenalty = 0.4;
  const std::vector<double> scores = {0.0, -0.3, -1.0, -1.0, -2.5};
  std::mt19937_64 random(1);
  std::vector<double> naive(scores.size(), 0.0);
  std::vector<double> squares(scores.size(), 0.0);
  std::vector<double> ours(scores.size(), 0.0);
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    const auto drawn = naive_draws(scores, kDraws, kPenalty, random);
    const auto raced = draws_of(scores, kDraws, {.penalty = kPenalty, .seed = run});
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto count = static_cast<double>(drawn[i]);
      naive[i] += count / kRuns;
      squares[i] += count * count / kRuns;
      ours[i] += static_cast<double>(raced[i]) / kRuns;
    }
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double error = std::sqrt(2.0 * (squares[i] - naive[i] * naive[i]) / kRuns);
    EXPECT_NEAR(ours[i], naive[i], 4.0 * error) << i;
  }
  EXPECT_GT(ours[0], ours[1]);
}

TEST(SoftCap, NeedsTimesThatCanBeToldApart) {
  const SoftCapRule rule{.penalty = 50.0, .seed = 1};
  EXPECT_TRUE(std::isinf(time_of_draw(1000, racers_of({0.0}, rule), rule)));
}

/// Shards of pairs with the scores of two scorers.
class DrawTest : public ::testing::Test {
 protected:
  DrawTest() {
    for (int shard = 0; shard < 3; ++shard) {
      shards::TarWriter tar(file(shard, ".tar"));
      std::string one;
      std::string other;
      for (int i = 0; i < 20; ++i) {
        const std::string key = std::to_string(shard * 100 + i);
        tar.add(key + ".txt", std::as_bytes(std::span(key)));
        if (i == 7) continue;  // a rule left it out
        const std::string begin = "{\"key\":\"" + key + "\",\"score\":";
        one += begin + std::to_string(0.1 * i) + "}\n";
        if (i != 8) other += begin + std::to_string((i * 37 % 20) * 0.05) + "}\n";
      }
      tar.commit();
      write_file(file(shard, ".one"), one);
      write_file(file(shard, ".other"), other);
    }
  }

  fs::path file(int shard, const char* ending) const {
    return folder_.path() / (std::to_string(shard) + ending);
  }
  std::vector<ShardScores> scores() const {
    std::vector<ShardScores> all;
    for (int shard = 0; shard < 3; ++shard)
      all.push_back({file(shard, ".one"), file(shard, ".other")});
    return all;
  }

  test::TemporaryFolder folder_;
};

TEST_F(DrawTest, WritesSamplesAsOftenAsTheyAreDrawn) {
  const SoftCapOptions options{
      .scores = scores(), .mix = {.weights = {1.0, 2.0}}, .draws = 90, .penalty = 0.5, .seed = 4};
  const SoftCap cap = find_soft_cap(options);
  EXPECT_EQ(cap.pairs, 54U);
  std::uint64_t draws = 0;
  for (int shard = 0; shard < 3; ++shard) {
    const DrawOptions part{.inputs = {.sources = {file(shard, ".tar").string()}},
                           .scores = options.scores[static_cast<std::size_t>(shard)],
                           .mix = options.mix,
                           .penalty = options.penalty,
                           .seed = options.seed,
                           .cap = cap,
                           .out = file(shard, ".drawn.tar"),
                           .stage = {}};
    const DrawReport report = draw_samples(part);
    draws += report.draws;
    EXPECT_EQ(report.filter.samples.read, 20U);
    EXPECT_EQ(report.filter.samples.left_out.at("without a score").count, 2U);
    std::uint64_t left_out = 0;
    for (const auto& [reason, count] : report.filter.samples.left_out) left_out += count.count;
    EXPECT_EQ(report.filter.samples.written + left_out, 20U);
    const ShardList list = list_shards({.sources = {file(shard, ".drawn.tar").string()}});
    EXPECT_EQ(list.shards.front().samples, report.draws);
    EXPECT_GT(report.most, 1U);
  }
  EXPECT_EQ(draws, options.draws);
}

TEST_F(DrawTest, RefusesWhatCannotBeDrawn) {
  const auto refused = [&](const SoftCapOptions& options, const char* what) {
    test::expect_error([&] { find_soft_cap(options); }, ErrorCode::invalid_argument, what);
  };
  refused({.scores = scores()}, "draws: got 0");
  refused({.scores = scores(), .draws = 1, .penalty = -1.0}, "penalty: got -1");
  refused({.scores = scores(), .mix = {.weights = {1.0}}, .draws = 1}, "got 1 weights, expected 2");
  refused({.scores = {}, .draws = 1}, "no pair that has all");
  refused({.scores = scores(), .mix = {.weights = {1e308, 1e308}}, .draws = 1}, "a finite number");
  refused({.scores = scores(), .draws = 1'000'000, .penalty = 10.0}, "expected fewer");
  write_file(file(0, ".one"), "{\"key\":\"1\",\"score\":1}\n{\"key\":\"1\",\"score\":2}\n");
  refused({.scores = scores(), .draws = 1}, "got two of '1'");
}

TEST_F(DrawTest, AMixIsLearnedFromGoodPairs) {
  // What is good follows from both scores; the second counts four times as much.
  std::string good = "1\n";
  for (int shard = 0; shard < 3; ++shard) {
    for (int i = 0; i < 20; ++i) {
      const double score = 0.1 * i + 4.0 * (i * 37 % 20) * 0.05;
      if (score > 2.9) good += std::to_string(shard * 100 + i) + "\r\n";
    }
  }
  write_file(folder_.path() / "good", good + "nobody\n");
  const MixOptions options{.scores = scores(),
                           .good = folder_.path() / "good",
                           .out = folder_.path() / "mix.json",
                           .stage = {}};
  const MixReport report = learn_mix(options);
  EXPECT_EQ(report.pairs, 54U);
  EXPECT_EQ(report.unknown_good, 7U);  // six lack a score
  EXPECT_GT(report.accuracy, 0.99);
  ASSERT_EQ(report.accuracies.size(), 2U);
  EXPECT_GT(report.accuracy, std::max(report.accuracies[0], report.accuracies[1]));
  EXPECT_NEAR(report.mix.weights[1] / report.mix.weights[0], 4.0, 1.5);
  EXPECT_EQ(read_mix(options.out).weights, report.mix.weights);
  test::expect_error([&] { learn_mix(options); }, ErrorCode::invalid_argument, "mix.json");
  write_file(folder_.path() / "good", "nobody\n");
  test::expect_error(
      [&] {
        learn_mix({.scores = scores(), .good = folder_.path() / "good", .out = "m", .stage = {}});
      },
      ErrorCode::invalid_argument, "got 0 of 54 pairs");
  test::expect_error([&] { read_mix(folder_.path() / "good"); }, ErrorCode::corrupt_data, "good");
  write_file(folder_.path() / "good",
             R"({"weights": [1.0], "x": )" + std::string(40, '[') + std::string(40, ']') + "}");
  test::expect_error([&] { read_mix(folder_.path() / "good"); }, ErrorCode::corrupt_data,
                     "nested deeper than 32");
}

TEST_F(DrawTest, TheMixIsThatOfTheSteepestLikelihood) {
  write_file(folder_.path() / "good", "1\n2\n105\n111\n219\n");
  const MixReport report = learn_mix({.scores = scores(),
                                      .good = folder_.path() / "good",
                                      .out = folder_.path() / "mix.json",
                                      .stage = {}});
  // Naively: gradient descent over the same scores, not standardised but penalised alike.
  struct Pair {
    double one, other;
    bool is_good;
  };
  std::vector<Pair> pairs;
  for (int shard = 0; shard < 3; ++shard) {
    for (int i = 0; i < 20; ++i) {
      const int key = shard * 100 + i;
      const bool is_good = key == 1 || key == 2 || key == 105 || key == 111 || key == 219;
      if (i != 7 && i != 8) pairs.push_back({0.1 * i, (i * 37 % 20) * 0.05, is_good});
    }
  }
  const auto deviation = [&](double Pair::*score) {
    double sum = 0.0;
    double squares = 0.0;
    for (const Pair& pair : pairs) sum += pair.*score / 54.0;
    for (const Pair& pair : pairs) squares += (pair.*score - sum) * (pair.*score - sum) / 54.0;
    return std::pair(sum, std::sqrt(squares));
  };
  const auto [mean_one, deviation_one] = deviation(&Pair::one);
  const auto [mean_other, deviation_other] = deviation(&Pair::other);
  double a = 0.0;
  double b = 0.0;
  double c = 0.0;
  for (int step = 0; step < 20'000; ++step) {
    double da = -1e-3 * a;
    double db = -1e-3 * b;
    double dc = -1e-3 * c;
    for (const Pair& pair : pairs) {
      const double x = (pair.one - mean_one) / deviation_one;
      const double y = (pair.other - mean_other) / deviation_other;
      const double error =
          (pair.is_good ? 1.0 : 0.0) - 1.0 / (1.0 + std::exp(-(a * x + b * y + c)));
      const double share = pair.is_good ? 0.5 / 5.0 : 0.5 / 49.0;
      da += share * error * x;
      db += share * error * y;
      dc += share * error;
    }
    a += da;
    b += db;
    c += dc;
  }
  EXPECT_NEAR(report.mix.weights[0], a / deviation_one, 1e-5);
  EXPECT_NEAR(report.mix.weights[1], b / deviation_other, 1e-5);
}

TEST_F(DrawTest, RefusesScoresOfOtherSamples) {
  const SoftCapOptions options{.scores = scores(), .draws = 9, .penalty = 0.5};
  const DrawOptions part{.inputs = {.sources = {file(0, ".tar").string()}},
                         .scores = options.scores[1],
                         .penalty = options.penalty,
                         .cap = find_soft_cap(options),
                         .out = file(0, ".drawn.tar"),
                         .stage = {}};
  test::expect_error([&] { draw_samples(part); }, ErrorCode::invalid_argument,
                     "which is no sample");
  EXPECT_FALSE(fs::exists(part.out));
}

}  // namespace
}  // namespace diptych::curate
