#include "engine/encoder.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <tuple>

#include "diptych/error.h"
#include "engine/cpu_executor.h"
#include "engine/naive_operations.h"
#include "engine/random_model.h"
#include "kernels/every_isa.h"
#include "support/support.h"

namespace diptych {
namespace {

using engine::Encoder;
using engine::Weights;
using network::Activation;
using network::Pixels;
using network::Tokens;

/// A small model with random weights, some pictures and some texts.
struct Case {
  network::Model model;
  TensorMap weights;
  std::vector<float> pictures;
  Pixels pixels;
  Tokens tokens;

  explicit Case(const network::ModelConfig& config)
      : model(network::make_model(config)), weights(test::random_weights(model, 1)) {
    const int side = network::image_size(config.image);
    constexpr int kPictures = 5;
    pictures = test::random_floats(static_cast<std::size_t>(kPictures) * 3 * side * side, 2);
    pixels = {pictures.data(), kPictures, side, side};
    const int vocabulary = network::vocabulary_size(config.text);
    tokens = test::random_tokens({3, 1, 50, 12, 33}, vocabulary, 3);
    const auto* text = std::get_if<network::TextTransformerConfig>(&config.text);
    if (text != nullptr && text->pooling == network::TextPooling::class_token)
      tokens = test::with_class_tokens(tokens, vocabulary);
  }

  Encoder encoder(int threads, Precision precision = Precision::fp32, int merged_rows = 0) const {
    const auto pool = std::make_shared<ThreadPool>(threads);
    return Encoder(engine::on_cpu(std::make_shared<Weights>(model, weights, *pool, precision), pool,
                                  {}, merged_rows));
  }
};

std::span<const float> row(const TensorBuffer& features, int i) {
  const auto width = static_cast<std::size_t>(features.shape().back());
  return features.floats().subspan(static_cast<std::size_t>(i) * width, width);
}

std::vector<float> row(const test::NaiveOperations::Tensor& features, int i) {
  const auto begin = features.values.begin() + static_cast<std::ptrdiff_t>(i) * features.width;
  return {begin, begin + features.width};
}

void expect_near_oracle(const TensorBuffer& got, const test::NaiveOperations::Tensor& expected,
                        double tolerance) {
  ASSERT_EQ(got.shape(), (Shape{expected.rows, expected.width}));
  for (int i = 0; i < expected.rows; ++i)
    EXPECT_LE(test::relative_error(row(got, i), row(expected, i)), tolerance)
        << "row " << i << " with " << kernels::active_isa();
}

void expect_same_bits(std::span<const float> got, std::span<const float> expected) {
  ASSERT_EQ(got.size(), expected.size());
  EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size_bytes()), 0);
}

/// How far a precision's features may lie from the definitions', of their length.
struct Tolerance {
  Precision precision;
  double error;
};

class EncoderTest : public testing::TestWithParam<std::tuple<network::ModelConfig, Tolerance>> {
 protected:
  Case case_ = Case(std::get<0>(GetParam()));

  Encoder encoder(int threads) const {
    return case_.encoder(threads, std::get<1>(GetParam()).precision);
  }
};

TEST_P(EncoderTest, AgreesWithDefinitionsInDoublePrecision) {
  const Case& c = case_;
  test::NaiveOperations oracle(c.model, c.weights);
  const auto images = network::image_features(oracle, c.model, c.pixels);
  const auto texts = network::text_features(oracle, c.model, c.tokens);
  test::with_every_isa([&] {
    const Encoder encoder = this->encoder(2);
    expect_near_oracle(encoder.encode_images(c.pixels), images, std::get<1>(GetParam()).error);
    expect_near_oracle(encoder.encode_texts(c.tokens), texts, std::get<1>(GetParam()).error);
  });
}

TEST_P(EncoderTest, GivesTheSameBitsAloneAndInABatch) {
  const Case& c = case_;
  test::with_every_isa([&] {
    const Encoder encoder = this->encoder(1);
    const TensorBuffer images = encoder.encode_images(c.pixels);
    const TensorBuffer texts = encoder.encode_texts(c.tokens);
    const std::size_t picture_floats = c.pictures.size() / static_cast<std::size_t>(c.pixels.batch);
    for (int i = 0; i < c.pixels.batch; ++i) {
      Pixels one = c.pixels;
      one.data += static_cast<std::size_t>(i) * picture_floats;
      one.batch = 1;
      expect_same_bits(row(encoder.encode_images(one), 0), row(images, i));
    }
    for (int i = 0; i < c.tokens.sequences.count(); ++i) {
      Tokens one;
      one.append({c.tokens.ids.data() + c.tokens.sequences.begin(i),
                  static_cast<std::size_t>(c.tokens.sequences.length(i))});
      expect_same_bits(row(encoder.encode_texts(one), 0), row(texts, i));
    }
  });
}

TEST_P(EncoderTest, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Case& c = case_;
  const bool is_fp32 = std::get<1>(GetParam()).precision == Precision::fp32;
  const std::vector<int> more_threads = is_fp32 ? std::vector{2, 3, 7} : std::vector{3};
  test::with_every_isa([&] {
    const Encoder reference = encoder(1);
    const TensorBuffer images = reference.encode_images(c.pixels);
    const TensorBuffer texts = reference.encode_texts(c.tokens);
    for (const int threads : more_threads) {
      const Encoder encoder = this->encoder(threads);
      expect_same_bits(encoder.encode_images(c.pixels).floats(), images.floats());
      expect_same_bits(encoder.encode_texts(c.tokens).floats(), texts.floats());
    }
  });
}

constexpr std::array kTolerances = {
    Tolerance{Precision::fp32, test::kFeatureTolerance}, Tolerance{Precision::bf16, 2e-2},
    Tolerance{Precision::int8w, 5e-2}, Tolerance{Precision::int8, 1e-1}};

std::string tower_name(const testing::TestParamInfo<EncoderTest::ParamType>& info) {
  constexpr std::array kNames = {
      "VitGelu",     "VitQuickGelu", "ResNet",         "Siglip",    "Clipa",
      "Eva02",       "Eva18b",       "BertClassToken", "BertMean",  "ConvNext",
      "ConvNextMlp", "Coca",         "CocaStacked",    "FastVit",   "FastVitFiveStages",
      "PeCore",      "PeCoreGiant",  "ViTamin",        "ViTaminXl", "Nllb",
      "Naflex"};
  constexpr std::array kPrecisions = {"Fp32", "Bf16", "Int8Weights", "Int8"};
  static_assert(kPrecisions.size() == kTolerances.size());
  return std::string(kNames.at(info.index / kPrecisions.size())) + "_" +
         kPrecisions.at(info.index % kPrecisions.size());
}

INSTANTIATE_TEST_SUITE_P(
    Towers, EncoderTest,
    testing::Combine(testing::Values(test::small_vit(Activation::gelu),
                                     test::small_vit(Activation::quick_gelu), test::small_resnet(),
                                     test::small_siglip(), test::small_clipa(),
                                     test::small_eva_02(), test::small_eva_18b(),
                                     test::small_bert(network::BertPooling::class_token),
                                     test::small_bert(network::BertPooling::mean),
                                     test::small_convnext(false), test::small_convnext(true),
                                     test::small_coca(false), test::small_coca(true),
                                     test::small_fastvit(false), test::small_fastvit(true),
                                     test::small_pe_core(true), test::small_pe_core(false),
                                     test::small_vitamin(true), test::small_vitamin(false),
                                     test::small_nllb(), test::small_naflex()),
                     testing::ValuesIn(kTolerances)),
    tower_name);

/// The widths of ViT-B/32 and a third of its layers.
TEST(EncoderPrecisionTest, Bf16StaysNearFp32AtRealWidths) {
  network::ModelConfig config;
  auto& image = std::get<network::VisionTransformerConfig>(config.image);
  image.image_size = 96;
  image.layers = 4;
  auto& text = std::get<network::TextTransformerConfig>(config.text);
  text.layers = 4;
  text.vocabulary_size = 97;
  const Case c(config);
  const Encoder exact = c.encoder(2);
  const Encoder rounded = c.encoder(2, Precision::bf16);
  // The angle of two rows is as small as their relative error: a cosine of 0.99995 is one of 1e-2.
  const auto expect_near = [](const TensorBuffer& got, const TensorBuffer& expected) {
    for (int i = 0; i < static_cast<int>(got.shape()[0]); ++i)
      EXPECT_LE(test::relative_error(row(got, i), row(expected, i)), 1e-2) << "row " << i;
  };
  expect_near(rounded.encode_images(c.pixels), exact.encode_images(c.pixels));
  expect_near(rounded.encode_texts(c.tokens), exact.encode_texts(c.tokens));
}

TEST(EncoderBatchTest, SplitsABatchTooLargeForOnePart) {
  const Case c(test::small_vit(Activation::gelu));
  Encoder encoder = c.encoder(2);
  // A part holds about 2^22 floats of the widest activation: 14,000 tokens of this model.
  constexpr int kTexts = 800;
  const Tokens tokens = test::random_tokens(std::vector<int>(kTexts, 40), 97, 4);
  const TensorBuffer all = encoder.encode_texts(tokens);
  Tokens last;
  last.append({tokens.ids.data() + tokens.sequences.begin(kTexts - 1), 40});
  expect_same_bits(row(encoder.encode_texts(last), 0), row(all, kTexts - 1));
}

/// Texts that begin alike are computed as a tree: what each gets is what it gets alone, to the bit.
TEST(EncoderBatchTest, GivesTextsThatBeginAlikeTheBitsTheyGetAlone) {
  const Case c(test::small_vit(Activation::gelu));
  const Tokens trunk = test::random_tokens({48}, 97, 6);
  const Tokens ends = test::random_tokens(std::vector<int>(30, 2), 97, 7);
  Tokens texts;
  for (int i = 0; i < ends.sequences.count(); ++i) {
    std::vector<std::int32_t> text(trunk.ids.begin(), trunk.ids.begin() + i * 11 % 48);
    text.insert(text.end(), ends.ids.begin() + 2 * i, ends.ids.begin() + 2 * i + 2);
    texts.append(text);
  }
  const std::vector<std::int32_t> first(texts.ids.begin(),
                                        texts.ids.begin() + texts.sequences.length(0));
  texts.append(first);
  test::with_every_isa([&] {
    const Encoder encoder = c.encoder(2);
    const TensorBuffer together = encoder.encode_texts(texts);
    for (int i = 0; i < texts.sequences.count(); ++i) {
      Tokens alone;
      alone.append(
          std::span(texts.ids).subspan(static_cast<std::size_t>(texts.sequences.begin(i)),
                                       static_cast<std::size_t>(texts.sequences.length(i))));
      expect_same_bits(row(encoder.encode_texts(alone), 0), row(together, i));
    }
  });
}

class MergedRowsTest : public testing::TestWithParam<network::ModelConfig> {
 protected:
  static constexpr int kMerged = 2;
  Case case_ = Case(GetParam());
};

TEST_P(MergedRowsTest, GiveTheFeaturesOfTheDefinitions) {
  test::NaiveOperations oracle(case_.model, case_.weights);
  const auto exact = network::image_features(oracle, case_.model, case_.pixels);
  const auto merged = network::image_features(oracle, case_.model, case_.pixels, kMerged);
  EXPECT_GT(test::relative_error(row(merged, 0), row(exact, 0)), test::kFeatureTolerance);
  test::with_every_isa([&] {
    const Encoder encoder = case_.encoder(2, Precision::fp32, kMerged);
    expect_near_oracle(encoder.encode_images(case_.pixels), merged, test::kFeatureTolerance);
  });
}

TEST_P(MergedRowsTest, GiveTheSameBitsAloneAndOnAnyNumberOfThreads) {
  const Encoder encoder = case_.encoder(1, Precision::fp32, kMerged);
  const TensorBuffer together = encoder.encode_images(case_.pixels);
  expect_same_bits(case_.encoder(3, Precision::fp32, kMerged).encode_images(case_.pixels).floats(),
                   together.floats());
  for (int i = 0; i < case_.pixels.batch; ++i)
    expect_same_bits(row(encoder.encode_images(case_.pixels.part(i, 1)), 0), row(together, i));
}

TEST_P(MergedRowsTest, CanBeMoreThanThereAre) {
  const TensorBuffer features = case_.encoder(2, Precision::fp32, 1000).encode_images(case_.pixels);
  for (const float value : features.floats()) EXPECT_TRUE(std::isfinite(value));
}

INSTANTIATE_TEST_SUITE_P(Towers, MergedRowsTest,
                         testing::Values(test::deeper(test::small_vit(Activation::gelu), 4),
                                         test::deeper(test::small_siglip(), 4)),
                         [](const auto& info) { return info.index == 0 ? "vit" : "siglip"; });

/// Pictures of different sizes share a batch, and get what they get alone.
TEST(EncoderBatchTest, TakesPicturesOfDifferentSizes) {
  const Case c(test::small_naflex());
  const std::vector<network::PictureSize> sizes = {
      {12, 192}, {48, 48}, {24, 36}, {60, 36}, {12, 12}};
  Pixels pixels = c.pixels;
  pixels.sizes = sizes;
  test::NaiveOperations oracle(c.model, c.weights);
  const auto expected = network::image_features(oracle, c.model, pixels);
  test::with_every_isa([&] {
    const Encoder encoder = c.encoder(2);
    const TensorBuffer together = encoder.encode_images(pixels);
    expect_near_oracle(together, expected, test::kFeatureTolerance);
    for (int i = 0; i < pixels.batch; ++i)
      expect_same_bits(row(encoder.encode_images(pixels.part(i, 1)), 0), row(together, i));
  });
  const std::vector<network::PictureSize> too_many(5, {12, 204});
  pixels.sizes = too_many;
  EXPECT_THROW(c.encoder(1).encode_images(pixels), Error);
}

TEST(EncoderBatchTest, TakesAnEmptyBatch) {
  const Case c(test::small_resnet());
  Encoder encoder = c.encoder(2);
  Pixels none = c.pixels;
  none.batch = 0;
  EXPECT_EQ(encoder.encode_images(none).shape(), (Shape{0, 20}));
  EXPECT_EQ(encoder.encode_texts({}).shape(), (Shape{0, 20}));
}

TEST(EncoderInputTest, RefusesWhatTheModelCannotTake) {
  const Case c(test::small_vit(Activation::gelu));
  Encoder encoder = c.encoder(1);
  Pixels wide = c.pixels;
  wide.width += 1;
  EXPECT_THROW(encoder.encode_images(wide), Error);
  EXPECT_THROW(encoder.encode_texts(test::random_tokens({51}, 97, 5)), Error);
  Tokens unknown;
  unknown.append(std::vector<std::int32_t>{97});
  EXPECT_THROW(encoder.encode_texts(unknown), Error);
  Tokens negative;
  negative.append(std::vector<std::int32_t>{-1});
  EXPECT_THROW(encoder.encode_texts(negative), Error);
  Tokens empty;
  empty.append({});
  EXPECT_THROW(encoder.encode_texts(empty), Error);
}

}  // namespace
}  // namespace diptych
