#include "train/parameter_globs.h"

#include <gtest/gtest.h>

#include "golden_run.h"
#include "support/expect_error.h"

namespace diptych::train {
namespace {

TEST(ParameterGlobs, FitWholeNames) {
  EXPECT_TRUE(fits_any("visual.proj", {"text.*", "visual.*"}));
  EXPECT_FALSE(fits_any("visual.proj", {"proj"}));
  EXPECT_FALSE(fits_any("visual.proj", {}));
}

TEST(ParameterGlobs, ThatFitNoParameterAreRefused) {
  const network::Model model = network::make_model(test::GoldenRun().config());
  const auto refuses = [&](const TrainOptions& options, const std::string& part) {
    test::expect_error([&] { check_parameter_globs(options, model); }, ErrorCode::invalid_argument,
                       part);
  };
  TrainOptions options;
  EXPECT_NO_THROW(check_parameter_globs(options, model));
  options.undecayed = "logit_scale,*.bias";
  EXPECT_NO_THROW(check_parameter_globs(options, model));
  options.undecayed = "logit_scale,*.biases";
  refuses(options, "wd-exclude: got '*.biases', which fits no parameter");
  options.undecayed = "*.lora_a";
  refuses(options, "'*.lora_a'");
  options.image_mode = "lora:2";
  EXPECT_NO_THROW(check_parameter_globs(options, model));
  options.kept_on_adamw = "visual.head.*";
  refuses(options, "opt-fallback-list: got 'visual.head.*'");
}

TEST(ParameterGlobs, ThatLeaveNothingToBeAnExceptionOfAreRefused) {
  const network::Model model = network::make_model(test::GoldenRun().config());
  const auto refuses = [&](const TrainOptions& options, const std::string& part) {
    test::expect_error([&] { check_parameter_globs(options, model); }, ErrorCode::invalid_argument,
                       part);
  };
  TrainOptions decay;
  decay.undecayed = "visual.*,*";
  refuses(decay, "wd-exclude: got 'visual.*,*', which fits all");
  decay.undecayed = "visual.*";
  EXPECT_NO_THROW(check_parameter_globs(decay, model));
  decay.text_mode = "frozen";
  refuses(decay, "expected some left, or no decay (wd 0)");
  TrainOptions muon;
  muon.optimiser = "muon";
  muon.kept_on_adamw = "*resblocks*";
  refuses(muon, "opt-fallback-list: got '*resblocks*'");
  muon.kept_on_adamw = "visual.*resblocks*";
  EXPECT_NO_THROW(check_parameter_globs(muon, model));
}

}  // namespace
}  // namespace diptych::train
