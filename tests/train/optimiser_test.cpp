#include "train/optimiser.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compute_device.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych::train {
namespace {

network::ParameterTable two_parameters() {
  network::ParameterTable table;
  table.declare("matrix", {1, 2}, network::Initialiser::constant(1.0F));
  table.declare("gain", {2}, network::Initialiser::constant(1.0F));
  table.declare("running_mean", {2}, network::Initialiser::constant(1.0F), /*trained=*/false);
  return table;
}

Parameters start(const network::ParameterTable& table) {
  Random random(0);
  return initial_parameters(table, random, test::device());
}

TEST(AdamW, DecaysMatricesOnlyAndLeavesStatisticsAlone) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  AdamW optimiser(table, parameters, {.weight_decay = 0.5});
  for (std::size_t i = 0; i < 2; ++i)
    parameters[i].mutable_grad() = torch::zeros_like(parameters[i]);
  optimiser.step(0.1);  // gradients of zero: only the decay moves anything
  EXPECT_FLOAT_EQ(parameters[0][0][0].item<float>(), 1.0F - 0.1F * 0.5F);
  EXPECT_FLOAT_EQ(parameters[1][0].item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(parameters[2][0].item<float>(), 1.0F);
}

TEST(AdamW, LeavesAloneWhatTheLossDoesNotReach) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  AdamW optimiser(table, parameters, {.weight_decay = 0.5});
  parameters[1].mutable_grad() = torch::ones({2});
  optimiser.step(0.1);
  EXPECT_EQ(parameters[0][0][0].item<float>(), 1.0F) << "not even decayed";
  EXPECT_LT(parameters[1][0].item<float>(), 1.0F);
  EXPECT_EQ(optimiser.untouched(), std::vector<std::string>{"matrix"});
}

TEST(AdamW, StepsAreThePapersAlgorithm) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  const AdamWOptions options{.beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-6, .weight_decay = 0.2};
  AdamW optimiser(table, parameters, options);
  double weight = 1.0;
  double first = 0.0;
  double second = 0.0;
  for (int t = 1; t <= 5; ++t) {
    const double gradient = 0.3 * t - 1.0;
    optimiser.zero_gradients();
    parameters[0].mutable_grad() = torch::full({1, 2}, gradient);
    optimiser.step(0.01);
    weight -= 0.01 * options.weight_decay * weight;
    first = options.beta1 * first + (1.0 - options.beta1) * gradient;
    second = options.beta2 * second + (1.0 - options.beta2) * gradient * gradient;
    const double corrected = first / (1.0 - std::pow(options.beta1, t));
    const double scale = std::sqrt(second / (1.0 - std::pow(options.beta2, t))) + options.epsilon;
    weight -= 0.01 * corrected / scale;
    EXPECT_NEAR(parameters[0][0][1].item<double>(), weight, test::kLossTolerance) << t;
  }
}

TEST(AdamW, ClipsTheNormOfAllGradientsTogether) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  AdamW optimiser(table, parameters, {.gradient_clip_norm = 1.0});
  parameters[0].mutable_grad() = torch::full({1, 2}, 3.0F);
  parameters[1].mutable_grad() = torch::full({2}, 4.0F);
  EXPECT_NEAR(optimiser.step(0.0), std::sqrt(2 * 9.0 + 2 * 16.0), test::kLossTolerance);
  EXPECT_NEAR(parameters[0].grad().pow(2).sum().item<double>() +
                  parameters[1].grad().pow(2).sum().item<double>(),
              1.0, test::kLossTolerance);
}

TEST(AdamW, RefusesAStateOfAnotherModel) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  AdamW optimiser(table, parameters, {});
  EXPECT_THROW(optimiser.load(TensorMap{}), Error);
}

}  // namespace
}  // namespace diptych::train
