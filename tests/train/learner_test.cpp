#include "train/learner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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
    const TensorBuffer gradient = libtorch::to_buffer(learner->parameters()[i].grad());
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
    const TensorBuffer weight = libtorch::to_buffer(learner->parameters()[i]);
    EXPECT_LE(
        test::relative_error(weight.floats(), to_floats(golden.last_weights.at(specs[i].name))),
        test::kTrainedWeightTolerance)
        << specs[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, GoldenLearner, testing::Values("clip", "siglip"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Learner, TheSigmoidLossNeedsABias) {
  const network::Model model = network::make_model(GoldenRun().config());
  EXPECT_THROW(train::sigmoid_task(model), Error);
}

/// A batch in parts has the loss and the gradients of the whole: all pairs are negatives.
TEST_P(GoldenLearner, PartsOfABatchGiveTheSameStep) {
  const GoldenRun golden(GetParam());
  const auto whole = golden.learner();
  // Twelve pairs in five parts: of unequal size.
  const auto parts = golden.learner({.optimiser = GoldenRun::optimiser_options(), .parts = 5});
  for (int step = 0; step < 3; ++step) {
    train::Batch batch = golden.batch(whole->model(), step);
    Random random(static_cast<std::uint64_t>(step));
    batch.patches = network::PatchSelection::random(
        batch.pairs(), 9, 6, [&random](std::uint64_t bound) { return random.below(bound); });
    const auto expected = whole->step(batch, 1e-3);
    const auto got = parts->step(batch, 1e-3);
    EXPECT_NEAR(got.loss, expected.loss, 1e-5);
    EXPECT_NEAR(got.gradient_norm / expected.gradient_norm, 1.0, 1e-5);
  }
  const auto& specs = whole->model().parameters.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TensorBuffer got = libtorch::to_buffer(parts->parameters()[i]);
    const TensorBuffer expected = libtorch::to_buffer(whole->parameters()[i]);
    EXPECT_LE(test::relative_error(got.floats(), expected.floats()), test::kTrainedWeightTolerance)
        << specs[i].name;
  }
}

/// Every rule has its own numbers in a checkpoint.
class RuleLearner : public testing::TestWithParam<train::Rule> {};

TEST_P(RuleLearner, SavedAndLoadedItContinuesBitForBit) {
  const GoldenRun golden;
  train::LearnerOptions options{.optimiser = GoldenRun::optimiser_options(), .spike_factor = 3.0};
  options.optimiser.rule = GetParam();
  const auto uninterrupted = golden.learner(options);
  TensorMap saved;
  for (int step = 0; step < 6; ++step) {
    uninterrupted->step(golden.batch(uninterrupted->model(), step), 1e-3);
    if (step == 2) uninterrupted->save(saved);
  }
  const auto resumed = golden.learner(options);
  resumed->load(saved);
  for (int step = 3; step < 6; ++step) {
    resumed->step(golden.batch(resumed->model(), step), 1e-3);
  }
  for (std::size_t i = 0; i < resumed->parameters().size(); ++i) {
    EXPECT_TRUE(resumed->parameters()[i].equal(uninterrupted->parameters()[i]))
        << resumed->model().parameters.specs()[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, RuleLearner,
                         testing::Values(train::Rule::adamw, train::Rule::stableadamw,
                                         train::Rule::lamb, train::Rule::lion, train::Rule::muon));

/// What is not a number leaves no trace, and the next step is as if nothing had been.
TEST(Learner, AStepThatIsNotFiniteIsLeftOut) {
  const GoldenRun golden;
  const auto learner = golden.learner();
  const auto undisturbed = golden.learner();
  train::Batch broken = golden.batch(learner->model(), 0);
  broken.pixels.front() = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(learner->step(broken, 1e-3).taken);
  EXPECT_EQ(learner->guard().in_a_row(), 1);
  const train::Batch batch = golden.batch(learner->model(), 1);
  EXPECT_TRUE(learner->step(batch, 1e-3).taken);
  undisturbed->step(batch, 1e-3);
  EXPECT_EQ(learner->guard().skipped(), 1);
  EXPECT_EQ(learner->guard().in_a_row(), 0);
  for (std::size_t i = 0; i < learner->parameters().size(); ++i)
    EXPECT_TRUE(learner->parameters()[i].equal(undisturbed->parameters()[i]));
}

/// Left half done before any block, forward or on the way back, a step leaves no trace, and no
/// other block is begun.
TEST(Learner, AStepCanBeStoppedBeforeEveryBlock) {
  const GoldenRun golden;
  for (const bool recomputes : {false, true}) {
    for (const int parts : {1, 3}) {
      train::LearnerOptions options{.optimiser = GoldenRun::optimiser_options(),
                                    .parts = parts,
                                    .recomputes_blocks = recomputes};
      const auto undisturbed = golden.learner(options);
      int asked = 0;
      int stops_at = 1;
      options.stop = libtorch::StopCheck([&] { return ++asked == stops_at; });
      const auto learner = golden.learner(options);
      // Two towers of two blocks, there and back; parts are there once before, for the loss.
      const int blocks = parts == 1 ? 4 * 2 : 4 * 3 * parts;
      const train::Batch batch = golden.batch(learner->model(), 0);
      for (; stops_at <= blocks; ++stops_at) {
        asked = 0;
        EXPECT_THROW(learner->step(batch, 1e-3), libtorch::Stopped);
        EXPECT_EQ(asked, stops_at);
      }
      asked = 0;
      EXPECT_EQ(learner->step(batch, 1e-3).loss, undisturbed->step(batch, 1e-3).loss);
      EXPECT_EQ(asked, blocks);
      for (std::size_t i = 0; i < learner->parameters().size(); ++i)
        EXPECT_TRUE(learner->parameters()[i].equal(undisturbed->parameters()[i]));
    }
  }
}

TEST(Learner, AutocastStaysNearFloat32) {
  const GoldenRun golden;
  const auto exact = golden.learner();
  const auto mixed = golden.learner(
      {.optimiser = GoldenRun::optimiser_options(), .autocast = libtorch::Autocast::bfloat16});
  const train::Batch batch = golden.batch(exact->model(), 0);
  const double expected = exact->loss(batch).item<double>();
  const double got = mixed->loss(batch).item<double>();
  EXPECT_NEAR(got, expected, test::kBfloat16LossTolerance);
  EXPECT_NE(got, expected) << "autocast did nothing";
}

/// A step whose blocks are computed again moves the weights as any other does, under autocast too.
TEST(Learner, RecomputedBlocksGiveTheSameStep) {
  const GoldenRun golden;
  for (const auto autocast : {libtorch::Autocast::off, libtorch::Autocast::bfloat16}) {
    for (const int parts : {1, 3}) {
      train::LearnerOptions options{
          .optimiser = GoldenRun::optimiser_options(), .autocast = autocast, .parts = parts};
      const auto held = golden.learner(options);
      options.recomputes_blocks = true;
      const auto recomputed = golden.learner(options);
      for (int step = 0; step < 2; ++step) {
        const train::Batch batch = golden.batch(held->model(), step);
        EXPECT_EQ(recomputed->step(batch, 1e-3).loss, held->step(batch, 1e-3).loss);
      }
      for (std::size_t i = 0; i < held->parameters().size(); ++i)
        EXPECT_TRUE(recomputed->parameters()[i].equal(held->parameters()[i]))
            << held->model().parameters.specs()[i].name;
    }
  }
}

/// The image tower of a locked model needs no graph, and so none of its blocks is run again.
TEST(Learner, RecomputesNoBlockOfALockedTower) {
  const GoldenRun golden;
  const auto learner =
      golden.learner({.optimiser = GoldenRun::optimiser_options(), .recomputes_blocks = true});
  for (std::size_t i = 0; i < learner->parameters().size(); ++i) {
    torch::Tensor parameter = learner->parameters()[i];
    if (learner->model().parameters.specs()[i].name.starts_with("visual."))
      parameter.set_requires_grad(false);
  }
  const train::Batch batch = golden.batch(learner->model(), 0);
  const train::StepModel step{
      .model = learner->model(), .parameters = learner->parameters(), .recomputes_blocks = true};
  const train::Outputs outputs = train::tower_features(step, batch, std::nullopt);
  EXPECT_FALSE(outputs.images.requires_grad());
  EXPECT_TRUE(outputs.texts.requires_grad());
}

TEST(Learner, DroppedPatchesAreAbsent) {
  const GoldenRun golden;
  const auto learner = golden.learner();
  train::Batch batch = golden.batch(learner->model(), 0);
  const double without_dropout = learner->loss(batch).item<double>();
  batch.patches = network::PatchSelection::all(batch.pairs(), 9);
  EXPECT_EQ(learner->loss(batch).item<double>(), without_dropout);

  Random random(1);
  const auto choose = [&random](std::uint64_t bound) { return random.below(bound); };
  const auto some = network::PatchSelection::random(batch.pairs(), 9, 4, choose);
  batch.patches = some;
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
  EXPECT_EQ(learner->loss(blanked).item<double>(), learner->loss(batch).item<double>())
      << "what a dropped patch shows must not matter";
}

}  // namespace
}  // namespace diptych
