#include "diptych/train_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "diptych/error.h"
#include "options/tower_mode.h"

namespace diptych {
namespace {

/// Becomes any field of a struct.
struct AnyField {
  template <typename T>
  operator T() const;
};

/// The number of an aggregate's fields: as many as its braces take.
template <typename T, typename... Fields>
consteval std::size_t field_count() {
  if constexpr (requires { T{Fields{}..., AnyField{}}; })
    return field_count<T, Fields..., AnyField>();
  return sizeof...(Fields);
}

TrainOptions good() {
  TrainOptions options;
  options.train_data = "shards";
  options.model = "ViT-B-32";
  return options;
}

/// The message of what goes wrong.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "no error";
}

TEST(TrainOptionTable, HasEveryFieldOfTheStructOnce) {
  std::set<std::string_view> names;
  for (const TrainOptionInfo& info : train_option_infos()) names.insert(info.name);
  EXPECT_EQ(names.size(), train_option_infos().size());
  const std::size_t fields = field_count<TrainOptions>() - 1 + field_count<AugmentOptions>();
  EXPECT_EQ(names.size(), fields) << "the augmentation's are options of their own";
}

/// A value that is not the default.
std::string other_value(const TrainOptionInfo& info) {
  const std::string initial = train_option({}, info.name);
  for (const char* value : {"true", "0.5", "1", "2", "1,2,3", "const", "amp_bf16", "lion",
                            "open_clip-4", "yes", "scale", "tensorboard", "x", "bicubic", "gloo"}) {
    TrainOptions options;
    try {
      set_train_option(options, info.name, value);
      if (train_option(options, info.name) != initial) return value;
    } catch (const Error&) {
    }
  }
  ADD_FAILURE() << info.name << " takes none of the values";
  return "";
}

TEST(TrainOptionTable, EveryOptionIsWrittenAndReadWithoutTouchingAnother) {
  for (const TrainOptionInfo& info : train_option_infos()) {
    TrainOptions options;
    const std::string value = other_value(info);
    set_train_option(options, info.name, value);
    for (const TrainOptionInfo& each : train_option_infos()) {
      EXPECT_EQ(train_option(options, each.name),
                each.name == info.name ? value : train_option({}, each.name))
          << info.name << " set, " << each.name << " read";
    }
  }
}

struct BadValue {
  const char* name;
  const char* text;
  const char* expected;
};

class BadValues : public testing::TestWithParam<BadValue> {};

TEST_P(BadValues, AreRefusedWithTheNameAndTheRange) {
  const auto& [name, text, expected] = GetParam();
  TrainOptions options = good();
  const std::string message = error_of([&] { set_train_option(options, name, text); });
  EXPECT_THAT(message, testing::HasSubstr(std::string(name) + ": got '" + text + "'"));
  EXPECT_THAT(message, testing::HasSubstr(expected));
}

INSTANTIATE_TEST_SUITE_P(
    Values, BadValues,
    testing::Values(
        BadValue{"wd", "-5", "at least 0"}, BadValue{"eps", "-1", "above 0"},
        BadValue{"eps", "0", "above 0"}, BadValue{"grad-clip-norm", "nan", "at least"},
        BadValue{"lr", "inf", "a number"}, BadValue{"lr", "-inf", "a number"},
        BadValue{"lr", "1e999", "a number"}, BadValue{"lr", "0.1x", "a number"},
        BadValue{"lr", "", "a number"}, BadValue{"beta2", "1", "0 to below 1"},
        BadValue{"random-background", "3", "0 to 1"},
        BadValue{"save-frequency", "-1", "at least 0"}, BadValue{"seed", "-1", "a whole number"},
        BadValue{"seed", "18446744073709551616", "a whole number"},
        BadValue{"epochs", "0", "1 to 1000000"}, BadValue{"epochs", "1.5", "whole"},
        BadValue{"batch-size", "4294967297", "whole"}, BadValue{"threads", "100000", "0 to 1024"},
        BadValue{"aug-flip", "7", "0 to 1"}, BadValue{"aug-hue", "0.6", "0 to 0.5"},
        BadValue{"aug-posterise-bits", "9", "1 to 8"}, BadValue{"background", "1,2", "R,G,B"},
        BadValue{"background", "1,2,256", "R,G,B"}, BadValue{"background", "1,2,3,4", "R,G,B"},
        BadValue{"csv-separator", "::", "one character"},
        BadValue{"precision", "fp16", "fp32 or amp_bf16"},
        BadValue{"lr-scheduler", "step", "cosine or const"},
        BadValue{"siglip", "maybe", "true or false"}));

TEST(TrainOptions, AreCheckedAlsoWhenTheStructWasFilledByHand) {
  TrainOptions options = good();
  options.weight_decay = -5.0;
  EXPECT_THAT(error_of([&] { check_train_options(options); }), testing::HasSubstr("wd: got '-5'"));
  options = good();
  options.augmentation.shear = 90.0;
  EXPECT_THAT(error_of([&] { check_train_options(options); }), testing::HasSubstr("aug-shear"));
}

TEST(TrainOptions, ThatContradictEachOtherAreRefused) {
  TrainOptions options = good();
  options.augmentation.min_scale = 0.9;
  options.augmentation.max_scale = 0.5;
  EXPECT_THAT(error_of([&] { check_train_options(options); }),
              testing::HasSubstr("aug-min-scale: got 0.9, expected at most aug-max-scale's 0.5"));
}

/// The message of good options that are changed.
template <typename Change>
std::string refusal(Change change) {
  TrainOptions options = good();
  change(options);
  return error_of([&] { check_train_options(options); });
}

TEST(TrainOptions, OfAnOptimiserThatChangeNothingAreRefused) {
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.optimiser = "lion";
                o.epsilon = 1e-3;
              }),
              testing::HasSubstr("eps: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.weight_decay = 0.0;
                o.undecayed = "logit_scale";
              }),
              testing::HasSubstr("wd-exclude: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.weight_decay = 0.0;
                o.decay_rule = "open_clip-4";
              }),
              testing::HasSubstr("wd-rule: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.spike_factor = 0.5; }),
              testing::HasSubstr("spike-factor: expected"));
}

TEST(TrainOptions, OfAugmentationsThatChangeNothingAreRefused) {
  EXPECT_THAT(
      refusal([](TrainOptions& o) { o.augmentation.warp_interpolation = Interpolation::bicubic; }),
      testing::HasSubstr("expected --aug-rotation, or --aug-shear with it"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.augmentation.fill = {{1, 2, 3}};
              }),
              testing::HasSubstr("aug-fill: got 1,2,3, expected --aug-zoom-out, or"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.augmentation.jitter_probability = 0.5; }),
              testing::HasSubstr("aug-jitter: expected --aug-brightness"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.augmentation.posterise_probability = 0.5;
                o.augmentation.posterise_bits = 8;
              }),
              testing::HasSubstr("aug-posterise: expected fewer than 8"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.augmentation.solarise_probability = 0.5;
                o.augmentation.solarise_threshold = 256;
              }),
              testing::HasSubstr("aug-solarise: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.augmentation.sharpen_probability = 0.5;
                o.augmentation.sharpen_factor = 1.0;
              }),
              testing::HasSubstr("aug-sharpen: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.augmentation.zoom_out_probability = 0.5;
                o.augmentation.min_zoom = 1.0;
              }),
              testing::HasSubstr("aug-zoom-out: expected"));
  TrainOptions served = good();
  served.augmentation.shear = 5.0;
  served.augmentation.warp_interpolation = Interpolation::bicubic;
  served.augmentation.fill = {{1, 2, 3}};
  EXPECT_EQ(error_of([&] { check_train_options(served); }), "no error");
}

/// What would have no effect is refused instead.
TEST(TrainOptions, ThatNeedAnotherOneAreRefusedWithoutIt) {
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.siglip = true;
                o.label_smoothing = 0.1;
              }),
              testing::HasSubstr("label-smoothing"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.cooldown_epochs = 2; }),
              testing::HasSubstr("epochs-cooldown: got 2, expected --lr-scheduler const-cooldown"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.caption_weight = 0.0;
                o.contrastive_weight = 3.0;
              }),
              testing::HasSubstr("coca-contrastive-loss-weight: expected"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.schedule = "const-cooldown";
                o.cooldown_epochs = 1;
                o.learning_rate = 1e-4;
                o.cooldown_end = 1e-3;
              }),
              testing::HasSubstr("lr-cooldown-end: expected less than lr"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.schedule = "const-cooldown"; }),
              testing::HasSubstr("epochs-cooldown"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.lock_text_unlocked_layers = 1; }),
              testing::HasSubstr("lock-text-unlocked-layers"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.fastclip_gamma = 0.5; }),
              testing::HasSubstr("fastclip-gamma: got 0.5, expected --fastclip with it"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.momentum = 0.9; }),
              testing::HasSubstr("momentum: got 0.9, expected --opt muon with it"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.augmentation.hue = 0.1; }),
              testing::HasSubstr("aug-hue: got 0.1, expected --aug-jitter with it"));
  TrainOptions served = good();
  served.optimiser = "muon";
  served.momentum = 0.9;
  served.augmentation.jitter_probability = 0.5;
  served.augmentation.hue = 0.1;
  EXPECT_EQ(error_of([&] { check_train_options(served); }), "no error");
  EXPECT_THAT(refusal([](TrainOptions& o) { o.csv_caption_key = o.csv_image_key; }),
              testing::HasSubstr("csv-caption-key: expected another column"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.allow_change = "wd"; }),
              testing::HasSubstr("allow-change: expected --resume"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.lora_alpha = 8.0; }),
              testing::HasSubstr("lora-alpha"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.lock_image = true;
                o.image_mode = "lora:8";
              }),
              testing::HasSubstr("lock-image: got it with image-mode lora:8"));
  EXPECT_THAT(refusal([](TrainOptions& o) {
                o.image_mode = "lora:8";
                o.lock_image_unlocked_groups = 1;
              }),
              testing::HasSubstr("lock-image-unlocked-groups"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.heads = "8,4,2"; }),
              testing::HasSubstr("heads: got '8,4,2'"));
  EXPECT_THAT(refusal([](TrainOptions& o) { o.batch_size = o.accum_freq = 1000000; }),
              testing::HasSubstr("accum-freq"));
}

TEST(TrainOptions, HeadsAreOfBothTowersOrOfEach) {
  TrainOptions options = good();
  EXPECT_TRUE(train_option_heads(options).empty());
  options.heads = "8";
  EXPECT_EQ(train_option_heads(options), std::vector<int>({8}));
  options.heads = "12,8";
  EXPECT_EQ(train_option_heads(options), std::vector<int>({12, 8}));
}

TEST(TrainOptions, ATowersModeIsOneOfThree) {
  using options::TowerMode;
  TrainOptions some = good();
  EXPECT_EQ(options::image_mode(some).kind, TowerMode::Kind::full);
  some.image_mode = "lora:8";
  some.text_mode = "frozen";
  some.lock_text_unlocked_layers = 2;
  EXPECT_EQ(options::image_mode(some).kind, TowerMode::Kind::lora);
  EXPECT_EQ(options::image_mode(some).rank, 8);
  EXPECT_EQ(options::text_mode(some).kind, TowerMode::Kind::frozen);
  EXPECT_EQ(options::text_mode(some).unlocked, 2);
  some.image_mode = "full";
  some.lock_image = true;
  EXPECT_EQ(options::image_mode(some).kind, TowerMode::Kind::frozen);
  for (const char* bad :
       {"", "lora", "lora:", "lora:0", "lora:-1", "lora:4x", "lora:99999", "half"}) {
    some = good();
    some.text_mode = bad;
    EXPECT_THAT(error_of([&] { check_train_options(some); }),
                testing::HasSubstr(std::string("text-mode: got '") + bad + "', expected full"));
  }
}

TEST(TrainOptions, ANameIsAFolderOfItsOwn) {
  for (const char* name : {"", ".", "..", "../x", "a/b", "/", "a\nb", "a\xff"}) {
    TrainOptions options = good();
    options.name = name;
    EXPECT_THAT(error_of([&] { check_train_options(options); }), testing::HasSubstr("name: got"));
  }
  TrainOptions options = good();
  options.name = "...x ä";
  check_train_options(options);
}

TEST(TrainOptions, AnUnknownNameIsNamed) {
  TrainOptions options;
  EXPECT_THAT(error_of([&] { set_train_option(options, "lrr", "1"); }),
              testing::HasSubstr("'lrr'"));
}

TEST(WrittenOptions, SayEveryOptionWithItsMeaning) {
  TrainOptions options = good();
  options.model = "a \"quoted\" \\ name\n";
  const std::string text = write_train_options(options);
  for (const TrainOptionInfo& info : train_option_infos()) {
    EXPECT_THAT(text, testing::HasSubstr(std::string(info.name) + " = "));
    EXPECT_THAT(text, testing::HasSubstr(std::string(info.meaning)));
  }
  EXPECT_THAT(text, testing::HasSubstr("\nmodel = \"a \\\"quoted\\\" \\\\ name\\u000a\"\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nlr = 0.0005\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nsiglip = false\n"));
  EXPECT_THAT(text, testing::HasSubstr("\n#tokenizer = \"\"\n")) << "nothing was chosen";
}

}  // namespace
}  // namespace diptych
