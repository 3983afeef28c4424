#include "train/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden_run.h"

namespace diptych::train {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What is advised on a run of `steps` an epoch, of a model of two towers of width 64.
std::vector<std::string> advised(const TrainOptions& options, std::int64_t steps) {
  return advice(options, schedule_of(options, steps),
                network::make_model(test::GoldenRun().config()), /*starts_anew=*/false);
}

TrainOptions usual() {
  TrainOptions options;
  options.warmup = 2;
  options.epochs = 2;
  return options;
}

TEST(Advice, ThereIsNoneOnUsualOptions) {
  TrainOptions options = usual();
  EXPECT_THAT(advised(options, 10), IsEmpty());
  options.fastclip = true;
  options.fastclip_decay_epochs = 2;
  options.image_mode = "lora:8";
  EXPECT_THAT(advised(options, 10), IsEmpty());
}

TEST(Advice, OnAWarmUpThatDoesNotEnd) {
  TrainOptions options = usual();
  options.warmup = 100;
  EXPECT_THAT(advised(options, 20), ElementsAre(AllOf(HasSubstr("of its 100 steps the run has 40"),
                                                      HasSubstr("--warmup 2 would"))));
  options.epochs = 1;
  EXPECT_THAT(advised(options, 1), ElementsAre(HasSubstr("(--warmup 0 would be usual)")));
  options.warmup = 1;
  EXPECT_THAT(advised(options, 1), IsEmpty()) << "the only step has the whole rate";
}

TEST(Advice, OnAWarmUpThatReachesIntoTheCoolDown) {
  TrainOptions options = usual();
  options.schedule = "const-cooldown";
  options.cooldown_epochs = 1;
  options.warmup = 10;
  EXPECT_THAT(advised(options, 10), IsEmpty());
  options.warmup = 15;
  EXPECT_THAT(advised(options, 10),
              ElementsAre(HasSubstr("15 steps end after the cool-down begins, at step 10: the "
                                    "learning rate jumps from 0.0005 to 0.00025")));
}

TEST(Advice, OnEpochsOfFastClipThatTheRunDoesNotHave) {
  TrainOptions options = usual();
  options.fastclip = true;
  options.fastclip_decay_epochs = 3;
  EXPECT_THAT(advised(options, 10),
              ElementsAre(HasSubstr("its 3 epochs are not over when the run of 2 ends")));
}

TEST(Advice, OnRatesAndDecaysThatLearnNothing) {
  TrainOptions options = usual();
  options.learning_rate = 5.0;
  options.weight_decay = 0.0;
  EXPECT_THAT(advised(options, 10), ElementsAre(HasSubstr("lr: at 5 a step moves weights")));
  options.learning_rate = 1e-12;
  EXPECT_THAT(advised(options, 10), ElementsAre(HasSubstr("lr: at 1e-12 hardly anything")));
  options = usual();
  options.weight_decay = 1000.0;
  EXPECT_THAT(advised(options, 10), ElementsAre(HasSubstr("every step takes 50 % off")));
  options = usual();
  options.gradient_clip_norm = 1e-9;
  EXPECT_THAT(advised(options, 10), ElementsAre(HasSubstr("grad-clip-norm: at 1e-09")));
  options.gradient_clip_norm = 0.01;
  EXPECT_THAT(advised(options, 10), IsEmpty());
}

TEST(Advice, OnPatchesOfWhichHardlyAnyAreLeft) {
  TrainOptions options = usual();
  options.patch_dropout = 0.5;
  EXPECT_THAT(advised(options, 10), IsEmpty());
  options.patch_dropout = 0.99;
  network::ModelConfig config = test::GoldenRun().config();
  std::get<network::VisionTransformerConfig>(config.image).patch_size = 8;
  EXPECT_THAT(advice(options, schedule_of(options, 10), network::make_model(config), false),
              ElementsAre(HasSubstr("of a picture's 36 patches every step sees 1 ")));
}

TEST(Advice, OnRandomWeightsThatAreNotTrained) {
  const network::Model model = network::make_model(test::GoldenRun().config());
  TrainOptions options = usual();
  const auto advised_anew = [&] { return advice(options, schedule_of(options, 10), model, true); };
  EXPECT_THAT(advised_anew(), IsEmpty());
  options.lock_image = true;
  EXPECT_THAT(advised_anew(), ElementsAre(HasSubstr("image-mode: the model starts from random")));
  EXPECT_THAT(advised(options, 10), IsEmpty());
}

TEST(Advice, OnRanksThatSomeMatricesDoNotHave) {
  network::ModelConfig config = test::GoldenRun().config();
  std::get<network::VisionTransformerConfig>(config.image).mlp_width = 16;
  TrainOptions options = usual();
  options.image_mode = "lora:32";
  EXPECT_THAT(advice(options, schedule_of(options, 10), network::make_model(config), false),
              ElementsAre(AllOf(HasSubstr("of 8 matrices 4 have no rank so high"),
                                HasSubstr("lora:32 to one of rank 16"))));
}

}  // namespace
}  // namespace diptych::train
