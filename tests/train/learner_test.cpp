#include "train/learner.h"

#include <gtest/gtest.h>

#include "diptych/error.h"
#include "golden_run.h"

namespace diptych {
namespace {

using test::GoldenRun;

class GoldenLearner : public testing::TestWithParam<const char*> {};

TEST_P(GoldenLearner, FirstGradientsAreTheReferences) {
  const GoldenRun golden(GetParam());
  const auto learner = golden.learner();
  learner->loss(golden.batch(learner->model(), 0)).backward();
  const auto& specs = learner->model().parameters.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TensorBuffer gradient = train::to_buffer(learner->parameters()[i].grad());
    const std::vector<float> expected = to_floats(golden.first_gradients.at(specs[i].name));
    EXPECT_LE(test::relative_error(gradient.floats(), expected), test::kGradientTolerance)
        << specs[i].name;
  }
}

TEST_P(GoldenLearner, TenStepsGiveTheReferencesLossesAndWeights) {
  const GoldenRun golden(GetParam());
  const auto learner = golden.learner();
  for (int step = 0; step < 10; ++step) {
    const auto& expected = golden.recipe["steps"][static_cast<std::size_t>(step)];
    const auto result = learner->step(golden.batch(learner->model(), step), expected["lr"]);
    EXPECT_NEAR(result.loss, expected["loss"].get<double>(), test::kLossTolerance) << step;
    EXPECT_NEAR(result.gradient_norm / expected["grad_norm"].get<double>(), 1.0,
                test::kTrainedWeightTolerance)
        << step;
    EXPECT_NEAR(std::log(learner->logit_scale()), expected["logit_scale"].get<double>(),
                test::kLossTolerance)
        << step;
  }
  const auto& specs = learner->model().parameters.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TensorBuffer weight = train::to_buffer(learner->parameters()[i]);
    EXPECT_LE(
        test::relative_error(weight.floats(), to_floats(golden.last_weights.at(specs[i].name))),
        test::kTrainedWeightTolerance)
        << specs[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, GoldenLearner, testing::Values("clip", "siglip"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Learner, TheSigmoidLossNeedsABias) {
  const GoldenRun golden;
  network::Model model = network::make_model(golden.config());
  train::Parameters parameters =
      train::parameters_from(model.parameters, golden.initial, test::device());
  EXPECT_THROW(
      train::Learner(std::move(model), std::move(parameters), GoldenRun::optimiser_options(),
                     train::Precision::fp32, train::Loss::sigmoid),
      Error);
}

TEST(Learner, SavedAndLoadedItContinuesBitForBit) {
  const GoldenRun golden;
  const auto uninterrupted = golden.learner();
  TensorMap saved;
  for (int step = 0; step < 6; ++step) {
    uninterrupted->step(golden.batch(uninterrupted->model(), step), 1e-3);
    if (step == 2) uninterrupted->save(saved);
  }
  const auto resumed = golden.learner();
  resumed->load(saved);
  for (int step = 3; step < 6; ++step) {
    resumed->step(golden.batch(resumed->model(), step), 1e-3);
  }
  for (std::size_t i = 0; i < resumed->parameters().size(); ++i) {
    EXPECT_TRUE(resumed->parameters()[i].equal(uninterrupted->parameters()[i]))
        << resumed->model().parameters.specs()[i].name;
  }
}

TEST(Learner, AutocastStaysNearFloat32) {
  const GoldenRun golden;
  const auto exact = golden.learner();
  network::Model model = network::make_model(golden.config());
  train::Parameters parameters =
      train::parameters_from(model.parameters, golden.initial, test::device());
  train::Learner mixed(std::move(model), std::move(parameters), GoldenRun::optimiser_options(),
                       train::Precision::amp_bf16);
  const train::Batch batch = golden.batch(exact->model(), 0);
  const double expected = exact->loss(batch).item<double>();
  const double got = mixed.loss(batch).item<double>();
  EXPECT_NEAR(got, expected, test::kBfloat16LossTolerance);
  EXPECT_NE(got, expected) << "autocast did nothing";
}

TEST(Learner, DroppedPatchesAreAbsent) {
  const GoldenRun golden;
  const auto learner = golden.learner();
  const train::Batch batch = golden.batch(learner->model(), 0);
  const auto all = network::PatchSelection::all(batch.pairs(), 9);
  EXPECT_EQ(learner->loss(batch, all).item<double>(), learner->loss(batch).item<double>());

  Random random(1);
  const auto choose = [&random](std::uint64_t bound) { return random.below(bound); };
  const auto some = network::PatchSelection::random(batch.pairs(), 9, 4, choose);
  train::Batch blanked = batch;
  for (int picture = 0; picture < batch.pairs(); ++picture) {
    for (int patch = 0; patch < 9; ++patch) {
      const auto first = some.patches.begin() + some.sequences.begin(picture);
      if (std::find(first, first + 4, patch) != first + 4) continue;
      for (int channel = 0; channel < 3; ++channel) {
        for (int y = 0; y < 16; ++y) {
          const int row = (picture * 3 + channel) * 48 + patch / 3 * 16 + y;
          std::fill_n(blanked.pixels.begin() + row * 48 + patch % 3 * 16, 16, 1e6F);
        }
      }
    }
  }
  EXPECT_EQ(learner->loss(blanked, some).item<double>(), learner->loss(batch, some).item<double>())
      << "what a dropped patch shows must not matter";
}

}  // namespace
}  // namespace diptych
