#include "libtorch/operations.h"

#include <gtest/gtest.h>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "libtorch/compute_device.h"
#include "libtorch/parameters.h"
#include "libtorch/towers.h"
#include "network/captions.h"
#include "network/pictures_of_sizes.h"
#include "support/support.h"

namespace diptych {
namespace {

class Reference : public testing::TestWithParam<std::string> {};

/// Both towers on libtorch against the features the reference program computed.
TEST_P(Reference, FeaturesAgree) {
  const std::filesystem::path folder = test::data_path(GetParam());
  const auto file = checkpoint::load_model_file(folder);
  const network::Model model = network::make_model(file.config);
  const libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, file.weights, test::device());
  const TensorMap io = checkpoint::read_safetensors(folder / "io.safetensors");
  const torch::NoGradGuard no_gradients;
  libtorch::Operations operations(model.parameters, parameters, {});

  const TensorView& pixels = io.at("pixels");
  const std::vector<float> values = to_floats(pixels);
  const network::Pixels input{values.data(), static_cast<int>(pixels.shape[0]),
                              static_cast<int>(pixels.shape[2]), static_cast<int>(pixels.shape[3])};
  const TensorView& tokens = io.at("tokens");
  const std::vector<std::int64_t> wide = to_integers(tokens);
  const std::vector<std::int32_t> ids(wide.begin(), wide.end());

  // open_clip's CoCa gives features of unit length.
  const bool normalised = GetParam().starts_with("open_clip_coca");
  const auto expect_rows = [&io, normalised](const torch::Tensor& got, const char* name) {
    const std::vector<float> expected = to_floats(io.at(name));
    const TensorBuffer features =
        libtorch::to_buffer(normalised ? torch::nn::functional::normalize(got) : got);
    const auto width = static_cast<std::size_t>(features.shape()[1]);
    ASSERT_EQ(features.floats().size(), expected.size());
    for (std::size_t begin = 0; begin < expected.size(); begin += width) {
      EXPECT_LE(test::relative_error(features.floats().subspan(begin, width),
                                     std::span(expected).subspan(begin, width)),
                test::kFeatureTolerance)
          << name << ", row " << begin / width;
    }
  };
  expect_rows(network::image_features(operations, model, input), "image_features");
  expect_rows(
      network::text_features(operations, model,
                             network::pack_tokens(model, ids, static_cast<int>(tokens.shape[1]))),
      "text_features");
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Reference,
                         testing::ValuesIn(test::data_folders_with("io.safetensors")),
                         [](const auto& info) { return info.param; });

TEST(NaflexReference, PicturesOfDifferentSizesAgree) {
  const std::filesystem::path folder = test::data_path("open_clip_siglip2_naflex");
  const TensorMap io = checkpoint::read_safetensors(folder / "sizes.safetensors");
  const auto file = checkpoint::load_model_file(folder);
  const network::Model model = network::make_model(file.config);
  const libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, file.weights, test::device());
  const test::PicturesOfSizes pictures(io, network::image_size(file.config.image));
  const torch::NoGradGuard no_gradients;
  libtorch::Operations operations(model.parameters, parameters, {});
  const TensorBuffer features =
      libtorch::to_buffer(network::image_features(operations, model, pictures.pixels()));
  test::expect_rows_near(features.floats(), to_floats(io.at("image_features")),
                         features.shape()[1]);
}

/// The mean and the unbiased variance of the values.
std::pair<double, double> statistics_of(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  double squares = 0.0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {mean, squares / (count - 1.0)};
}

/// Pictures far from zero, of so many values that a sum of float32 loses digits.
TEST(BatchNormalisation, StatisticsAreThoseOfDoublePrecision) {
  constexpr int kSide = 512;
  network::ParameterTable table;
  const network::Convolution layer =
      network::declare_convolution(table, "conv", "norm", 3, 3, 1, 1, 1.0F);
  Random random(3);
  libtorch::Parameters parameters = libtorch::initial_parameters(table, random, test::device());
  const torch::NoGradGuard no_gradients;
  parameters[0].copy_(torch::eye(3).view({3, 3, 1, 1}));
  std::vector<float> values(std::size_t{3} * kSide * kSide);
  for (float& value : values) value = 100.0F + static_cast<float>(random.normal());
  libtorch::Operations operations(table, parameters, {.training = true});
  operations.convolution(operations.feature_map({values.data(), 1, kSide, kSide}), layer,
                         network::Activation::none, nullptr);

  constexpr double kMomentum = 0.1;
  const auto read = [&](network::ParameterId id) {
    return libtorch::to_buffer(parameters[static_cast<std::size_t>(id)]);
  };
  const TensorBuffer means = read(layer.norm->running_mean);
  const TensorBuffer variances = read(layer.norm->running_variance);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto [mean, variance] = statistics_of(
        std::span(values).subspan(channel * kSide * kSide, std::size_t{kSide} * kSide));
    EXPECT_NEAR(means.floats()[channel] / (kMomentum * mean), 1.0, 1e-6);
    EXPECT_NEAR(variances.floats()[channel] / (1.0 - kMomentum + kMomentum * variance), 1.0, 1e-6);
  }
}

/// CoCa's decoder on libtorch, token by token, against open_clip's logits.
TEST(CaptionLogits, AgreeWithTheReference) {
  const std::filesystem::path folder = test::data_path("open_clip_coca_captions");
  const auto file = checkpoint::load_model_file(folder);
  const network::Model model = network::make_model(file.config);
  const libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, file.weights, test::device());
  const TensorMap io = checkpoint::read_safetensors(folder / "captions.safetensors");
  const std::vector<float> values = to_floats(io.at("pixels"));
  const std::vector<float> expected = to_floats(io.at("logits"));
  const std::vector<std::int64_t> tokens = to_integers(io.at("tokens"));
  const auto texts = static_cast<std::size_t>(io.at("tokens").shape[0]);
  const std::size_t length = tokens.size() / texts;
  const std::size_t vocabulary = expected.size() / tokens.size();
  const torch::NoGradGuard no_gradients;
  libtorch::Operations operations(model.parameters, parameters, {});
  const int side = network::image_size(file.config.image);
  auto captions = network::begin_captions(operations, model,
                                          {values.data(), static_cast<int>(texts), side, side}, 1);
  for (std::size_t place = 0; place < length; ++place) {
    std::vector<std::int32_t> newest;
    for (std::size_t i = 0; i < texts; ++i)
      newest.push_back(static_cast<std::int32_t>(tokens[i * length + place]));
    const TensorBuffer logits =
        libtorch::to_buffer(network::append_tokens(operations, model, captions, newest));
    for (std::size_t i = 0; i < texts; ++i) {
      EXPECT_LE(test::relative_error(
                    logits.floats().subspan(i * vocabulary, vocabulary),
                    std::span(expected).subspan((i * length + place) * vocabulary, vocabulary)),
                test::kFeatureTolerance)
          << "text " << i << ", token " << place;
    }
  }
}

}  // namespace
}  // namespace diptych
