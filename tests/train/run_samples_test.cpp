#include "train/run_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/random.h"
#include "diptych/tokenizer.h"
#include "libtorch/compute_device.h"
#include "support/support.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

constexpr int kContext = 8;

network::Model tiny_model() {
  return network::make_model(
      {.embedding_width = 8,
       .image = network::VisionTransformerConfig{.image_size = 32,
                                                 .patch_size = 16,
                                                 .width = 16,
                                                 .layers = 1,
                                                 .heads = 1,
                                                 .mlp_width = 16},
       .text = network::TextTransformerConfig{
           .context_length = kContext, .width = 16, .heads = 1, .layers = 1, .mlp_width = 16}});
}

class RunSamplesTest : public testing::Test {
 protected:
  RunSamplesTest() {
    std::string table = "filepath,title\n";
    for (const auto& [caption, picture] : pictures_)
      table += picture.string() + "," + caption + "\n";
    // Neither stops the others.
    table += (folder_.path() / "missing.png").string() + ",a missing picture\n";
    write_file(table_, table);
  }

  static fs::path picture(const std::string& name) {
    return test::data_path("../../examples/pictures") / name;
  }

  RunSamples samples(std::uint64_t seed) const {
    return RunSamples(shards::Dataset(table_.string()), model_, *clip_tokenizer(),
                      {.seed = seed, .preprocessing = how_});
  }

  static std::unique_ptr<Learner> learner() {
    network::Model model = tiny_model();
    Random random(5);
    libtorch::Parameters parameters =
        libtorch::initial_parameters(model.parameters, random, test::device());
    return std::make_unique<Learner>(std::move(model), std::move(parameters), contrastive_task(),
                                     LearnerOptions());
  }

  /// That of one picture and one caption, by themselves.
  double cosine(const Learner& learner, const fs::path& file, const std::string& caption) const {
    const torch::NoGradGuard no_gradients;
    Inputs inputs;
    inputs.side = how_.size;
    std::vector<float> pixels(static_cast<std::size_t>(3 * how_.size * how_.size));
    normalise(load_preprocessed(file, how_), how_, pixels);
    inputs.add(pixels, {how_.size, how_.size});
    const auto tokenizer = clip_tokenizer();
    network::append_text(model_, tokenizer->encode(caption, kContext), tokenizer->pad_id(),
                         inputs.tokens);
    const libtorch::Parameters weights = learner.weights();
    const Outputs outputs =
        tower_features({.model = model_, .parameters = weights}, inputs, std::nullopt);
    return torch::cosine_similarity(outputs.images, outputs.texts).item<double>();
  }

  const test::TemporaryFolder folder_;
  const fs::path table_ = folder_.path() / "t.csv";
  const Preprocessing how_ = {.size = 32};
  const network::Model model_ = tiny_model();
  const std::map<std::string, fs::path> pictures_ = {{"a banana", picture("banana.png")},
                                                     {"a butterfly", picture("butterfly.webp")},
                                                     {"a cat", picture("cat.jpg")},
                                                     {"an umbrella", picture("umbrella.bmp")}};
};

TEST_F(RunSamplesTest, HaveTheNearestCaptionsFirst) {
  RunSamples samples = this->samples(1);
  EXPECT_EQ(samples.seen().step, 0);
  const auto learner = this->learner();
  samples.look_if_due(*learner, 7, /*last=*/false);
  EXPECT_EQ(samples.seen().step, 7);
  EXPECT_EQ(samples.seen().captions, pictures_.size());
  ASSERT_EQ(samples.seen().samples.size(), pictures_.size());
  for (const RunSample& sample : samples.seen().samples) {
    EXPECT_THAT(sample.picture, testing::StartsWith("\xFF\xD8"));
    const fs::path& file = pictures_.at(sample.caption.text);
    std::vector<double> all;
    for (const auto& [caption, other] : pictures_) all.push_back(cosine(*learner, file, caption));
    std::ranges::sort(all, std::ranges::greater());
    ASSERT_EQ(sample.nearest.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      const ScoredCaption& near = sample.nearest[i];
      EXPECT_NEAR(near.cosine, all[i], 1e-5) << near.text;
      EXPECT_NEAR(near.cosine, cosine(*learner, file, near.text), 1e-5) << near.text;
      EXPECT_EQ(near.own, near.text == sample.caption.text);
    }
    EXPECT_NEAR(sample.caption.cosine, cosine(*learner, file, sample.caption.text), 1e-5);
  }
}

TEST_F(RunSamplesTest, AreTheSameForOneSeed) {
  const auto captions = [this](std::uint64_t seed) {
    std::vector<std::string> texts;
    const RunSamples samples = this->samples(seed);
    for (const RunSample& sample : samples.seen().samples) texts.push_back(sample.caption.text);
    return texts;
  };
  EXPECT_EQ(captions(1), captions(1));
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t seed = 0; seed < 8; ++seed) orders.insert(captions(seed));
  EXPECT_GT(orders.size(), 1U);
}

TEST_F(RunSamplesTest, AreLookedAtSeldomAndInTheEnd) {
  RunSamples samples = this->samples(1);
  const auto learner = this->learner();
  samples.look_if_due(*learner, 1, /*last=*/false);
  samples.look_if_due(*learner, 2, /*last=*/false);
  EXPECT_EQ(samples.seen().step, 1) << "a look takes longer than a hundredth of no time";
  samples.look_if_due(*learner, 3, /*last=*/true);
  EXPECT_EQ(samples.seen().step, 3);
}

}  // namespace
}  // namespace diptych::train
