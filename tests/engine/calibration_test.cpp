#include "engine/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "engine/random_model.h"

namespace diptych {
namespace {

using engine::Calibrated;
using engine::LayerInputs;
using engine::Weights;

constexpr int kSide = 28;
constexpr int kPictures = 6;

/// A model, its weights and what it encodes.
struct Subject {
  network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  TensorMap weights = test::random_weights(model, 1);
  std::vector<float> pictures = test::random_floats(std::size_t{3} * kPictures * kSide * kSide, 2);
  network::Tokens tokens = test::random_tokens({9, 12, 5, 31, 20, 8}, 97, 3);
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>(2);

  struct Features {
    TensorBuffer pictures;
    TensorBuffer texts;
  };
  Features encode(std::shared_ptr<const Weights> packed, LayerInputs* seen = nullptr) const {
    const engine::Encoder encoder(engine::on_cpu(std::move(packed), pool, {.layers = seen}));
    return {encoder.encode_images({pictures.data(), kPictures, kSide, kSide}),
            encoder.encode_texts(tokens)};
  }
  std::shared_ptr<const Weights> packed(Precision precision = Precision::fp32,
                                        network::Quantisation quantisation = {}) const {
    return std::make_shared<const Weights>(model, weights, *pool, precision,
                                           std::move(quantisation));
  }
  Calibrated calibrated(const engine::CalibrationOptions& options = {}) const {
    const auto exact = packed();
    LayerInputs seen;
    encode(exact, &seen);
    return engine::calibrate(model, seen, *pool, options);
  }
};

/// Of the rows that are furthest apart.
double least_cosine(const TensorBuffer& a, const TensorBuffer& b) {
  const auto width = static_cast<std::size_t>(a.shape().back());
  double least = 1.0;
  for (std::size_t row = 0; row < a.floats().size(); row += width) {
    const auto x = a.floats().subspan(row, width);
    const auto y = b.floats().subspan(row, width);
    const auto dot = [](auto p, auto q) {
      return std::inner_product(p.begin(), p.end(), q.begin(), 0.0);
    };
    least = std::min(least, dot(x, y) / std::sqrt(dot(x, x) * dot(y, y)));
  }
  return least;
}

constexpr const char* kOutlierLayer = "transformer.resblocks.0.mlp.c_fc.weight";
constexpr std::size_t kOutlier = 7;
constexpr std::size_t kWidth = 72;

/// Multiplies every `step`th number from `first` on.
void multiply(Subject& subject, const std::string& name, std::size_t first, std::size_t step,
              float factor) {
  std::vector<float> values = to_floats(subject.weights.at(name));
  const Shape shape = subject.weights.at(name).shape;
  for (std::size_t i = first; i < values.size(); i += step) values[i] *= factor;
  subject.weights.tensors.erase(name);
  subject.weights.add(name, TensorBuffer(shape, values));
}

/// Makes one channel that the first MLP reads fifty times as large, and its weights as much
/// smaller: the model computes the same.
void add_outlier(Subject& subject) {
  constexpr float kFactor = 50.0F;
  multiply(subject, "transformer.resblocks.0.ln_2.weight", kOutlier, kWidth, kFactor);
  multiply(subject, "transformer.resblocks.0.ln_2.bias", kOutlier, kWidth, kFactor);
  multiply(subject, kOutlierLayer, kOutlier, kWidth, 1.0F / kFactor);
}

TEST(Calibration, RoundsTheLayersOfNumbersWithoutOutliers) {
  const Subject subject;
  const Calibrated calibrated = subject.calibrated();
  EXPECT_EQ(calibrated.unseen, 0);
  EXPECT_EQ(calibrated.left_wide, 0);
  // Four a block of five, and the patch embedding; the projections are stored the other way.
  EXPECT_EQ(calibrated.quantisation.layers.size(), 4U * 5U + 1U);
  EXPECT_EQ(calibrated.quantisation.layers.count("visual.proj"), 0U);
  const auto exact = subject.encode(subject.packed());
  const auto got = subject.encode(subject.packed(Precision::int8, calibrated.quantisation));
  EXPECT_GT(least_cosine(exact.pictures, got.pictures), 0.999);
  EXPECT_GT(least_cosine(exact.texts, got.texts), 0.999);
}

TEST(Calibration, SmoothsAChannelThatWouldTakeTheOthersBits) {
  Subject subject;
  add_outlier(subject);
  const Calibrated calibrated = subject.calibrated();
  const auto& layers = calibrated.quantisation.layers;
  ASSERT_EQ(layers.count(kOutlierLayer), 1U);
  const std::vector<float>& factors = layers.at(kOutlierLayer);
  ASSERT_EQ(factors.size(), kWidth);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (i != kOutlier) {
      EXPECT_GT(factors[i], 2.0F * factors[kOutlier]) << i;
    }
  }
  // Better than the same layers without smoothing.
  network::Quantisation plain = calibrated.quantisation;
  for (auto& [name, smoothing] : plain.layers) smoothing.clear();
  const auto exact = subject.encode(subject.packed());
  EXPECT_GT(
      least_cosine(exact.texts,
                   subject.encode(subject.packed(Precision::int8, calibrated.quantisation)).texts),
      least_cosine(exact.texts, subject.encode(subject.packed(Precision::int8, plain)).texts));
}

TEST(Calibration, LeavesLayersThatLoseTooMuchInBf16) {
  const Subject subject;
  const Calibrated none = subject.calibrated({.largest_error = 0.0});
  EXPECT_TRUE(none.quantisation.layers.empty());
  EXPECT_EQ(none.left_wide, 21);
  // What is not named is computed as in bf16.
  network::Quantisation one = {.layers = {{"visual.conv1.weight", {}}}};
  const auto bf16 = subject.encode(subject.packed(Precision::bf16));
  const auto got = subject.encode(subject.packed(Precision::int8, one));
  EXPECT_THAT(got.texts.floats(), testing::ElementsAreArray(bf16.texts.floats()));
  EXPECT_NE(to_floats(got.pictures.view()), to_floats(bf16.pictures.view()));
}

TEST(Calibration, CountsLayersThatNothingRanThrough) {
  const Subject subject;
  const auto exact = subject.packed();
  LayerInputs seen;
  const engine::Encoder encoder(engine::on_cpu(exact, subject.pool, {.layers = &seen}));
  encoder.encode_texts(subject.tokens);
  const Calibrated calibrated = engine::calibrate(subject.model, seen, *subject.pool);
  EXPECT_EQ(calibrated.unseen, 4 * 2 + 1);
  EXPECT_EQ(calibrated.quantisation.layers.size(), 4U * 3U);
}

TEST(Calibration, ObservingChangesNothing) {
  const Subject subject;
  LayerInputs seen;
  EXPECT_THAT(subject.encode(subject.packed(), &seen).texts.floats(),
              testing::ElementsAreArray(subject.encode(subject.packed()).texts.floats()));
}

}  // namespace
}  // namespace diptych
