// Whole models with libtorch (on the CPU, or what DIPTYCH_TEST_DEVICE names), against what their
// reference programs computed (tests/data/*/fixture.json names them).
#include "inference/libtorch_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "diptych/matrix.h"
#include "engine/captioner.h"
#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "engine/random_model.h"
#include "libtorch/device.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "support/test_device.h"

namespace diptych {
namespace {

using inference::LibtorchExecutor;
using testing::ElementsAreArray;

std::shared_ptr<engine::PackedModel> pack(const checkpoint::ModelFile& file, Precision precision) {
  return std::make_shared<engine::PackedModel>(
      std::make_unique<LibtorchExecutor>(network::make_model(file.config), file.weights,
                                         test::test_device(), precision),
      std::make_shared<ThreadPool>(1));
}

network::Pixels as_pixels(const std::vector<float>& values, const Shape& shape) {
  return {values.data(), static_cast<int>(shape[0]), static_cast<int>(shape[2]),
          static_cast<int>(shape[3])};
}

Matrix to_matrix(const TensorBuffer& features) {
  Matrix matrix(static_cast<std::size_t>(features.shape()[0]),
                static_cast<std::size_t>(features.shape()[1]));
  matrix.values.assign(features.floats().begin(), features.floats().end());
  return matrix;
}

/// How far from the reference's the features of a precision may lie.
struct Tolerance {
  Precision precision;
  double relative_error;
  double cosine_distance;
};

const double kAnything = std::numeric_limits<double>::infinity();

class LibtorchReference : public testing::TestWithParam<std::tuple<std::string, Tolerance>> {
 protected:
  static void expect_near(const Matrix& got, const TensorView& view, const Tolerance& tolerance) {
    const std::vector<float> expected = to_floats(view);
    ASSERT_EQ(got.values.size(), expected.size());
    for (std::size_t row = 0; row < got.rows; ++row) {
      const auto ours = got.row(row);
      const auto theirs = std::span(expected).subspan(row * got.columns, got.columns);
      const auto product = [](std::span<const float> a, std::span<const float> b) {
        return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
      };
      const double cosine =
          product(ours, theirs) / std::sqrt(product(ours, ours) * product(theirs, theirs));
      EXPECT_LE(test::relative_error(ours, theirs), tolerance.relative_error) << "row " << row;
      EXPECT_LE(1.0 - cosine, tolerance.cosine_distance) << "row " << row;
    }
  }
};

TEST_P(LibtorchReference, GivesTheSameFeatures) {
  const auto& [fixture, tolerance] = GetParam();
  const auto folder = test::data_path(fixture);
  const TensorMap io = checkpoint::read_safetensors(folder / "io.safetensors");
  const engine::Encoder encoder(pack(checkpoint::load_model_file(folder), tolerance.precision));
  const std::vector<float> pixels = to_floats(io.at("pixels"));
  const std::vector<std::int64_t> wide = to_integers(io.at("tokens"));
  const std::vector<std::int32_t> ids(wide.begin(), wide.end());
  Matrix images = to_matrix(encoder.encode_images(as_pixels(pixels, io.at("pixels").shape)));
  Matrix texts = to_matrix(encoder.encode_texts(
      network::pack_tokens(encoder.model(), ids, static_cast<int>(io.at("tokens").shape[1]))));
  if (fixture.starts_with("open_clip_coca")) {  // gives features of unit length
    normalise_rows(images);
    normalise_rows(texts);
  }
  expect_near(images, io.at("image_features"), tolerance);
  expect_near(texts, io.at("text_features"), tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, LibtorchReference,
    testing::Combine(testing::ValuesIn(test::data_folders_with("io.safetensors")),
                     testing::Values(Tolerance{Precision::fp32, test::kFeatureTolerance, kAnything},
                                     Tolerance{Precision::bf16, kAnything, 2e-3},
                                     Tolerance{Precision::fp16, kAnything, 2e-3})),
    [](const auto& info) {
      return std::get<0>(info.param) + "_" + std::string(name(std::get<1>(info.param).precision));
    });

TEST(LibtorchCaptions, AreTheReferences) {
  const auto folder = test::data_path("open_clip_coca_captions");
  const TensorMap io = checkpoint::read_safetensors(folder / "captions.safetensors");
  const std::vector<float> pixels = to_floats(io.at("pixels"));
  const engine::Captioner captioner(pack(checkpoint::load_model_file(folder), Precision::fp32));
  std::vector<std::size_t> places(static_cast<std::size_t>(io.at("pixels").shape[0]));
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto captions =
      captioner.caption(as_pixels(pixels, io.at("pixels").shape), {.max_length = 14}, places);
  const std::vector<std::int64_t> expected = to_integers(io.at("beams"));
  const auto length = static_cast<std::size_t>(io.at("beams").shape[1]);
  for (std::size_t i = 0; i < captions.size(); ++i) {
    std::vector<std::int32_t> padded = captions[i];
    padded.resize(length, 0);
    EXPECT_THAT(padded, ElementsAreArray(expected.data() + i * length, length)) << i;
  }
}

class LibtorchMergedRows : public testing::TestWithParam<network::ModelConfig> {};

/// Both executors find the rows that are most alike by code of their own.
TEST_P(LibtorchMergedRows, GiveTheFeaturesOfTheCpusKernels) {
  constexpr int kMerged = 2;
  constexpr int kPictures = 3;
  const network::Model model = network::make_model(GetParam());
  const TensorMap weights = test::random_weights(model, 1);
  const int side = network::image_size(GetParam().image);
  const std::vector<float> pictures = test::random_floats(
      static_cast<std::size_t>(kPictures) * 3 * static_cast<std::size_t>(side * side), 2);
  const network::Pixels pixels{pictures.data(), kPictures, side, side};
  const auto pool = std::make_shared<ThreadPool>(1);
  const engine::Encoder kernels(
      engine::on_cpu(std::make_shared<engine::Weights>(model, weights, *pool, Precision::fp32),
                     pool, {}, kMerged));
  const engine::Encoder libtorch(std::make_shared<engine::PackedModel>(
      std::make_unique<LibtorchExecutor>(model, weights, test::test_device(), Precision::fp32,
                                         kMerged),
      pool));
  const TensorBuffer expected = kernels.encode_images(pixels);
  const TensorBuffer got = libtorch.encode_images(pixels);
  EXPECT_LE(test::relative_error(got.floats(), expected.floats()), test::kFeatureTolerance);
}

INSTANTIATE_TEST_SUITE_P(Towers, LibtorchMergedRows,
                         testing::Values(test::deeper(test::small_vit(network::Activation::gelu),
                                                      4),
                                         test::deeper(test::small_siglip(), 4)),
                         [](const auto& info) { return info.index == 0 ? "vit" : "siglip"; });

TEST(LibtorchExecutorTest, RefusesDevicesThatAreNotThere) {
  test::expect_error([] { libtorch::device_of("cuda:99"); }, ErrorCode::invalid_argument,
                     "device: ");
  test::expect_error([] { libtorch::device_of("abacus"); }, ErrorCode::invalid_argument, "abacus");
}

TEST(LibtorchExecutorTest, RefusesWeightsThatDoNotFit) {
  const network::Model model = network::make_model(test::small_resnet());
  const auto expect_refused = [&](const TensorMap& weights, Precision precision, ErrorCode code,
                                  const char* message) {
    test::expect_error([&] { LibtorchExecutor(model, weights, "cpu", precision); }, code, message);
  };
  TensorMap weights = test::random_weights(model, 1);
  expect_refused(weights, Precision::int8, ErrorCode::unsupported, "int8");
  // Finite in float32 and bfloat16, not in float16.
  weights.add("ln_final.bias", TensorBuffer({72}, std::vector<float>(72, 1e6F)));
  EXPECT_NO_THROW(LibtorchExecutor(model, weights, "cpu", Precision::bf16));
  expect_refused(weights, Precision::fp16, ErrorCode::corrupt_data, "ln_final.bias");
  weights.add("ln_final.bias", TensorBuffer(DType::float32, {71}));
  expect_refused(weights, Precision::fp32, ErrorCode::invalid_argument, "got shape [71]");
  weights.tensors.erase("ln_final.bias");
  expect_refused(weights, Precision::fp32, ErrorCode::invalid_argument, "no ln_final.bias");
}

}  // namespace
}  // namespace diptych
