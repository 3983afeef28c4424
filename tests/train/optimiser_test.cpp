#include "train/optimiser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "diptych/error.h"
#include "libtorch/compute_device.h"
#include "support/support.h"

namespace diptych::train {
namespace {

using libtorch::initial_parameters;
using libtorch::Parameters;
using libtorch::to_buffer;

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

TEST(Optimiser, DecaysMatricesOnlyAndLeavesStatisticsAlone) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  Optimiser optimiser(table, parameters, {.weight_decay = 0.5});
  for (std::size_t i = 0; i < 2; ++i)
    parameters[i].mutable_grad() = torch::zeros_like(parameters[i]);
  optimiser.step(0.1);  // gradients of zero: only the decay moves anything
  EXPECT_FLOAT_EQ(parameters[0][0][0].item<float>(), 1.0F - 0.1F * 0.5F);
  EXPECT_FLOAT_EQ(parameters[1][0].item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(parameters[2][0].item<float>(), 1.0F);
}

TEST(Optimiser, LeavesAloneWhatTheLossDoesNotReach) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  Optimiser optimiser(table, parameters, {.weight_decay = 0.5});
  parameters[1].mutable_grad() = torch::ones({2});
  optimiser.step(0.1);
  EXPECT_EQ(parameters[0][0][0].item<float>(), 1.0F) << "not even decayed";
  EXPECT_LT(parameters[1][0].item<float>(), 1.0F);
  EXPECT_EQ(optimiser.untouched(), std::vector<std::string>{"matrix"});
}

TEST(Optimiser, StepsAreThePapersAlgorithm) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  const OptimiserOptions options{.beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-6, .weight_decay = 0.2};
  Optimiser optimiser(table, parameters, options);
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

TEST(Optimiser, ClipsTheNormOfAllGradientsTogether) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  Optimiser optimiser(table, parameters, {.gradient_clip_norm = 1.0});
  parameters[0].mutable_grad() = torch::full({1, 2}, 3.0F);
  parameters[1].mutable_grad() = torch::full({2}, 4.0F);
  EXPECT_NEAR(optimiser.clip_gradients(), std::sqrt(2 * 9.0 + 2 * 16.0), test::kLossTolerance);
  EXPECT_NEAR(parameters[0].grad().pow(2).sum().item<double>() +
                  parameters[1].grad().pow(2).sum().item<double>(),
              1.0, test::kLossTolerance);
}

TEST(Optimiser, RefusesAStateOfAnotherModel) {
  const network::ParameterTable table = two_parameters();
  Parameters parameters = start(table);
  Optimiser optimiser(table, parameters, {});
  const TensorMap nothing;
  SavedState saved(nothing);
  EXPECT_THROW(optimiser.load(saved), Error);
}

/// What the rules' own programs make of one matrix and one vector (tests/data/training).
class Rules : public testing::TestWithParam<const char*> {};

TEST_P(Rules, MoveAsTheReferences) {
  const auto golden =
      nlohmann::json::parse(read_text_file(test::data_path("training/optimisers.json")));
  const std::map<std::string, Rule> rules = {{"adamw", Rule::adamw},
                                             {"stableadamw", Rule::stableadamw},
                                             {"lamb", Rule::lamb},
                                             {"lion", Rule::lion},
                                             {"muon", Rule::muon}};
  const auto tensor = [](const nlohmann::json& values, at::IntArrayRef shape) {
    return torch::tensor(values.get<std::vector<float>>()).reshape(shape).to(test::device());
  };
  network::ParameterTable table;
  table.declare("transformer.resblocks.0.mlp.c_fc.weight", {6, 4},
                network::Initialiser::constant(1.0F));
  table.declare("transformer.resblocks.0.mlp.c_fc.bias", {6}, network::Initialiser::constant(1.0F));
  Parameters parameters = {tensor(golden["matrix"], {6, 4}).set_requires_grad(true),
                           tensor(golden["vector"], {6}).set_requires_grad(true)};
  Optimiser optimiser(table, parameters,
                      {.rule = rules.at(GetParam()),
                       .beta1 = golden["beta1"],
                       .beta2 = golden["beta2"],
                       .epsilon = golden["epsilon"],
                       .momentum = golden["momentum"],
                       .weight_decay = golden["weight_decay"]});
  for (const auto& gradients : golden["gradients"]) {
    parameters[0].mutable_grad() = tensor(gradients["matrix"], {6, 4});
    parameters[1].mutable_grad() = tensor(gradients["vector"], {6});
    optimiser.step(golden["lr"]);
  }
  const auto& expected = golden["results"][GetParam()];
  // Muon's iteration is in bfloat16.
  const double tolerance = std::string(GetParam()) == "muon" ? 2e-3 : 1e-6;
  EXPECT_LE(test::relative_error(to_buffer(parameters[0]).floats(),
                                 expected["matrix"].get<std::vector<float>>()),
            tolerance);
  EXPECT_LE(test::relative_error(to_buffer(parameters[1]).floats(),
                                 expected["vector"].get<std::vector<float>>()),
            1e-6);
}

INSTANTIATE_TEST_SUITE_P(References, Rules,
                         testing::Values("adamw", "stableadamw", "lamb", "lion", "muon"),
                         [](const auto& info) { return std::string(info.param); });

TEST(DecayRules, AreOpenClips) {
  OptimiserOptions options;
  const auto decayed = [&](const char* name, std::size_t dimensions) {
    return is_decayed(name, dimensions, options);
  };
  EXPECT_TRUE(decayed("visual.conv1.weight", 4));
  EXPECT_TRUE(decayed("positional_embedding", 2));
  EXPECT_FALSE(decayed("visual.ln_post.weight", 1));
  EXPECT_FALSE(decayed("logit_scale", 0));
  options.decay_rule = DecayRule::open_clip_4;
  EXPECT_TRUE(decayed("visual.conv1.weight", 4));
  EXPECT_TRUE(decayed("token_embedding.weight", 2));
  EXPECT_FALSE(decayed("positional_embedding", 2));
  EXPECT_FALSE(decayed("visual.positional_embedding", 2));
  EXPECT_FALSE(decayed("visual.attn_pool.query", 2));
  options.undecayed = {"visual.*"};
  EXPECT_FALSE(decayed("visual.conv1.weight", 4));
  EXPECT_TRUE(decayed("token_embedding.weight", 2));
}

}  // namespace
}  // namespace diptych::train
