#include "train/weight_average.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "diptych/error.h"

namespace diptych::train {
namespace {

libtorch::Parameters one_parameter(double value) {
  return {torch::full({2}, value)};
}

TEST(WeightAverage, FollowsTheWeightsSlowerAndSlower) {
  constexpr double kDecay = 0.3;
  WeightAverage average(one_parameter(1.0), kDecay);
  double expected = 1.0;
  for (int step = 0; step < 8; ++step) {
    const double value = 2.0 + step;
    average.add(one_parameter(value));
    const double decay = std::min(kDecay, (1.0 + step) / (10.0 + step));
    expected = decay * expected + (1.0 - decay) * value;
    EXPECT_NEAR(average.parameters()[0][1].item<double>(), expected, 1e-5) << step;
  }
}

TEST(WeightAverage, IsAbsentAtADecayOfZero) {
  WeightAverage average(one_parameter(1.0), 0.0);
  EXPECT_TRUE(average.empty());
  TensorMap map;
  average.save({}, map);
  EXPECT_TRUE(map.tensors.empty());
}

TEST(WeightAverage, DoesNotShareTheWeightsMemory) {
  const libtorch::Parameters weights = one_parameter(1.0);
  const WeightAverage average(weights, 0.5);
  weights[0].fill_(7.0);
  EXPECT_EQ(average.parameters()[0][0].item<double>(), 1.0);
}

TEST(WeightAverage, RefusesACheckpointWithoutOne) {
  network::ParameterTable table;
  table.declare("weight", {2}, network::Initialiser::constant(0.0F));
  WeightAverage average(one_parameter(1.0), 0.5);
  const TensorMap nothing;
  SavedState saved(nothing);
  EXPECT_THROW(average.load(table, saved), Error);
}

}  // namespace
}  // namespace diptych::train
