#include "shards/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "base/error.h"

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;
using Batch = std::vector<std::size_t>;

std::vector<Batch> take(Sampler& sampler, std::size_t count) {
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < count; ++i) batches.push_back(sampler.next());
  return batches;
}

std::vector<Batch> epoch_of(Sampler& sampler) {
  return take(sampler, sampler.batches_per_epoch());
}

Batch sorted_samples(const std::vector<Batch>& batches) {
  Batch samples;
  for (const Batch& batch : batches) samples.insert(samples.end(), batch.begin(), batch.end());
  std::sort(samples.begin(), samples.end());
  return samples;
}

Batch numbers(std::size_t count) {
  Batch samples(count);
  std::iota(samples.begin(), samples.end(), std::size_t{0});
  return samples;
}

TEST(Sampler, EachEpochIsAnotherPermutation) {
  Sampler sampler(120, {.seed = 5, .batch_size = 8});
  const auto first = epoch_of(sampler);
  EXPECT_EQ(sampler.position(), (SamplerPosition{1, 0}));
  const auto second = epoch_of(sampler);
  EXPECT_EQ(sorted_samples(first), numbers(120));
  EXPECT_EQ(sorted_samples(second), numbers(120));
  EXPECT_NE(first, second);
}

TEST(Sampler, DependsOnSeedAndEpochOnly) {
  Sampler a(100, {.seed = 1, .batch_size = 10});
  Sampler b(100, {.seed = 1, .batch_size = 10});
  Sampler c(100, {.seed = 2, .batch_size = 10});
  const auto first = epoch_of(a);
  EXPECT_NE(first, epoch_of(c));
  EXPECT_EQ(first, epoch_of(b));
  b.seek({7, 0});
  a.seek({3, 50});
  a.seek({7, 0});
  EXPECT_EQ(epoch_of(a), epoch_of(b));
}

TEST(Sampler, KeepsItsOrderForever) {
  // Part of what a checkpoint means: a later version must resume it.
  Sampler sampler(10, {.seed = 42, .batch_size = 5});
  EXPECT_THAT(take(sampler, 2),
              ElementsAre(ElementsAre(5, 3, 7, 2, 0), ElementsAre(6, 9, 1, 8, 4)));
}

TEST(Sampler, ResumesFromEveryPosition) {
  const SamplerOptions options = {.seed = 9,
                                  .batch_size = 4,
                                  .upsampling_factors = {1.5, 0.7},
                                  .source_sizes = {20, 31},
                                  .groups = std::vector<std::uint32_t>(51, 3)};
  Sampler uninterrupted(51, options);
  constexpr std::size_t kSteps = 30;
  std::vector<SamplerPosition> positions;
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < kSteps; ++i) {
    positions.push_back(uninterrupted.position());
    batches.push_back(uninterrupted.next());
  }
  ASSERT_GT(positions.back().epoch, 1U);
  for (std::size_t i = 0; i < kSteps; ++i) {
    Sampler resumed(51, options);
    resumed.seek(positions[i]);
    EXPECT_EQ(resumed.position(), positions[i]);
    EXPECT_EQ(take(resumed, kSteps - i), std::vector<Batch>(batches.begin() + i, batches.end()))
        << i;
  }
}

TEST(Sampler, DropsTheLastSamplesOrNot) {
  Sampler dropping(23, {.batch_size = 5});
  EXPECT_EQ(dropping.batches_per_epoch(), 4U);
  std::set<std::size_t> seen;
  for (const std::size_t sample : sorted_samples(take(dropping, 40))) seen.insert(sample);
  EXPECT_EQ(seen.size(), 23U) << "other samples are left out in each epoch";

  Sampler keeping(23, {.batch_size = 5, .drop_last = false});
  EXPECT_EQ(keeping.batches_per_epoch(), 5U);
  const auto batches = epoch_of(keeping);
  EXPECT_EQ(batches.back().size(), 3U);
  EXPECT_EQ(sorted_samples(batches), numbers(23));
}

TEST(Sampler, RanksShareEachBatch) {
  Sampler alone(50, {.seed = 3, .batch_size = 12, .drop_last = false});
  Sampler first(50, {.seed = 3, .batch_size = 6, .rank = 0, .world = 2, .drop_last = false});
  Sampler second(50, {.seed = 3, .batch_size = 6, .rank = 1, .world = 2, .drop_last = false});
  for (std::size_t i = 0; i < 12; ++i) {
    Batch together = first.next();
    const Batch rest = second.next();
    together.insert(together.end(), rest.begin(), rest.end());
    EXPECT_EQ(together, alone.next());
  }
  EXPECT_EQ(first.position(), alone.position());
}

TEST(Sampler, KeepsTheOrderWithoutShuffling) {
  Sampler sampler(5, {.batch_size = 2, .drop_last = false, .shuffle = false});
  EXPECT_THAT(take(sampler, 4),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4), ElementsAre(0, 1)));
}

TEST(Sampler, VisitsSourcesAsOftenAsTheirFactors) {
  Sampler sampler(
      30, {.batch_size = 1, .upsampling_factors = {2.5, 0.0, 0.5}, .source_sizes = {10, 10, 10}});
  EXPECT_EQ(sampler.batches_per_epoch(), 30U);
  std::map<std::size_t, int> first;
  for (const std::size_t sample : sorted_samples(epoch_of(sampler))) ++first[sample];
  int thrice = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_GE(first[i], 2);
    thrice += first[i] == 3 ? 1 : 0;
    EXPECT_EQ(first[10 + i], 0);
    EXPECT_LE(first[20 + i], 1);
  }
  EXPECT_EQ(thrice, 5);
  std::map<std::size_t, int> second;
  for (const std::size_t sample : sorted_samples(epoch_of(sampler))) ++second[sample];
  EXPECT_NE(first, second) << "each epoch draws another half";
}

/// The most samples of one group in any of the batches.
std::size_t worst_repetition(const std::vector<Batch>& batches,
                             const std::vector<std::uint32_t>& groups) {
  std::size_t worst = 0;
  for (const Batch& batch : batches) {
    std::map<std::uint32_t, std::size_t> counts;
    for (const std::size_t sample : batch) worst = std::max(worst, ++counts[groups[sample]]);
  }
  return worst;
}

TEST(SamplerGroups, NeverMeetWhenThereAreEnoughBatches) {
  // 8 batches of 25 and groups of 1 to 8 samples, which all fit.
  std::vector<std::uint32_t> groups;
  for (std::uint32_t group = 0; groups.size() < 200; ++group)
    groups.insert(groups.end(), std::min<std::size_t>(1 + group % 8, 200 - groups.size()), group);
  Sampler sampler(200, {.seed = 1, .batch_size = 25, .groups = groups});
  Sampler careless(200, {.seed = 1, .batch_size = 25});
  for (int epoch = 0; epoch < 20; ++epoch) {
    const auto batches = epoch_of(sampler);
    EXPECT_EQ(sorted_samples(batches), numbers(200));
    EXPECT_EQ(worst_repetition(batches, groups), 1U) << epoch;
    EXPECT_GT(worst_repetition(epoch_of(careless), groups), 1U);
  }
}

TEST(SamplerGroups, AreSpreadEvenlyWhenTooLarge) {
  // 100 samples of one group in 10 batches: 10 in each; the last groups stay apart.
  std::vector<std::uint32_t> groups(100, 0);
  for (std::uint32_t i = 0; i < 100; ++i) groups.push_back(1 + i / 10);
  Sampler sampler(200, {.seed = 1, .batch_size = 20, .groups = groups});
  const auto batches = epoch_of(sampler);
  EXPECT_EQ(sorted_samples(batches), numbers(200));
  for (const Batch& batch : batches) {
    const auto large =
        std::count_if(batch.begin(), batch.end(), [](std::size_t i) { return i < 100; });
    EXPECT_EQ(large, 10);
  }
}

TEST(SamplerGroups, MeetNewOthersInEachBatch) {
  // Groups of four in 16 batches: those that share one batch must not share all four.
  std::vector<std::uint32_t> groups;
  for (std::uint32_t i = 0; i < 512; ++i) groups.push_back(i / 4);
  Sampler sampler(512, {.seed = 1, .batch_size = 32, .groups = groups});
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> meetings;
  for (const Batch& batch : epoch_of(sampler)) {
    for (const std::size_t a : batch) {
      for (const std::size_t b : batch) ++meetings[{groups[a], groups[b]}];
    }
  }
  int always = 0;
  for (const auto& [pair, count] : meetings) always += pair.first < pair.second && count == 4;
  EXPECT_LT(always, 50) << "of 128 x 127 / 2 pairs; in one fixed order 960 would always meet";
}

TEST(SamplerGroups, KeepRepeatedSamplesApart) {
  Sampler sampler(40,
                  {.seed = 2, .batch_size = 10, .upsampling_factors = {4}, .source_sizes = {40}});
  std::vector<std::uint32_t> itself(40);
  std::iota(itself.begin(), itself.end(), 0U);
  EXPECT_EQ(worst_repetition(epoch_of(sampler), itself), 1U);
}

TEST(SamplerRefuses, OptionsThatDoNotFit) {
  const auto refused = [](std::size_t size, const SamplerOptions& options) {
    try {
      Sampler(size, options);
    } catch (const Error& error) {
      return error.code() == ErrorCode::invalid_argument;
    }
    return false;
  };
  EXPECT_TRUE(refused(0, {.drop_last = false}));
  EXPECT_TRUE(refused(7, {.batch_size = 4, .world = 2}));
  EXPECT_TRUE(refused(10, {.batch_size = 0}));
  EXPECT_TRUE(refused(10, {.batch_size = 1, .rank = 2, .world = 2}));
  EXPECT_TRUE(refused(10, {.batch_size = 1, .groups = {1, 2}}));
  EXPECT_TRUE(refused(10, {.batch_size = 1, .upsampling_factors = {1}, .source_sizes = {9}}));
  EXPECT_TRUE(refused(10, {.batch_size = 1, .upsampling_factors = {1, 1}, .source_sizes = {10}}));
  for (const double factor :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_TRUE(
        refused(10, {.batch_size = 1, .upsampling_factors = {factor}, .source_sizes = {10}}));
  }
  Sampler sampler(10, {.batch_size = 3});
  EXPECT_THROW(sampler.seek({0, 9}), Error);
  EXPECT_EQ(sampler.position(), SamplerPosition{}) << "a refused position changes nothing";
}

}  // namespace
}  // namespace diptych::shards
