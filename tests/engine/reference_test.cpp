// Whole models against what their reference programs computed (tests/data/*/fixture.json names
// them), on every instruction set.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "checkpoint/source/model_file.h"
#include "diptych/matrix.h"
#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "kernels/every_isa.h"
#include "network/pictures_of_sizes.h"
#include "support/support.h"

namespace diptych {
namespace {

using engine::Encoder;
using engine::Weights;

double cosine(std::span<const float> a, std::span<const float> b) {
  const auto dot = [](std::span<const float> x, std::span<const float> y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

class ReferenceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = test::data_path(GetParam());
    io_ = checkpoint::read_safetensors(folder_ / "io.safetensors");
    pixels_ = to_floats(io_.at("pixels"));
    file_ = checkpoint::load_model_file(folder_);
    weights_ = pack(Precision::fp32);
  }

  std::shared_ptr<const Weights> pack(Precision precision) {
    return std::make_shared<Weights>(network::make_model(file_.config), file_.weights, *pool_,
                                     precision);
  }

  network::Pixels pixels() const {
    const Shape& shape = io_.at("pixels").shape;
    return {pixels_.data(), static_cast<int>(shape[0]), static_cast<int>(shape[2]),
            static_cast<int>(shape[3])};
  }

  network::Tokens tokens() const {
    const std::vector<std::int64_t> ids = to_integers(io_.at("tokens"));
    return network::pack_tokens(weights_->model(),
                                std::vector<std::int32_t>(ids.begin(), ids.end()),
                                static_cast<int>(io_.at("tokens").shape[1]));
  }

  float logit_scale() const { return std::exp(to_floats(file_.weights.at("logit_scale")).front()); }
  float logit_bias() const {
    return file_.config.logit_bias ? to_floats(file_.weights.at("logit_bias")).front() : 0.0F;
  }

  void expect_rows_near(std::span<const float> got, const char* name) const {
    const TensorView& view = io_.at(name);
    const std::vector<float> expected = to_floats(view);
    ASSERT_EQ(got.size(), expected.size());
    const auto width = static_cast<std::size_t>(view.shape[1]);
    for (std::size_t i = 0; i < expected.size(); i += width) {
      EXPECT_LE(test::relative_error(got.subspan(i, width), std::span(expected).subspan(i, width)),
                test::kFeatureTolerance)
          << name << ", row " << i / width;
    }
  }

  /// The direction of every row, whatever its length.
  void expect_cosines(std::span<const float> got, const char* name, double least) const {
    const std::vector<float> expected = to_floats(io_.at(name));
    ASSERT_EQ(got.size(), expected.size());
    const auto width = static_cast<std::size_t>(io_.at(name).shape[1]);
    for (std::size_t i = 0; i < expected.size(); i += width) {
      EXPECT_GE(cosine(got.subspan(i, width), std::span(expected).subspan(i, width)), least)
          << name << ", row " << i / width << " with " << kernels::active_isa();
    }
  }

  /// A cosine, whatever its size, carries the errors of two features.
  void expect_logits_near(std::span<const float> got) const {
    const std::vector<float> expected = to_floats(io_.at("logits_per_image"));
    ASSERT_EQ(got.size(), expected.size());
    const double tolerance = 2 * test::kFeatureTolerance * logit_scale();
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(got[i], expected[i], tolerance) << "logit " << i;
  }

  static Matrix to_matrix(const TensorBuffer& features) {
    Matrix matrix(static_cast<std::size_t>(features.shape()[0]),
                  static_cast<std::size_t>(features.shape()[1]));
    matrix.values.assign(features.floats().begin(), features.floats().end());
    return matrix;
  }

  std::filesystem::path folder_;
  checkpoint::ModelFile file_;
  TensorMap io_;
  std::vector<float> pixels_;
  std::shared_ptr<ThreadPool> pool_ = std::make_shared<ThreadPool>(2);
  std::shared_ptr<const Weights> weights_;
};

TEST_P(ReferenceTest, GivesTheSameFeaturesAndLogits) {
  test::with_every_isa([&] {
    const Encoder encoder(engine::on_cpu(weights_, pool_));
    Matrix images = to_matrix(encoder.encode_images(pixels()));
    Matrix texts = to_matrix(encoder.encode_texts(tokens()));
    // open_clip's CoCa gives features of unit length.
    const bool normalised = GetParam().starts_with("open_clip_coca");
    if (normalised) normalise_rows(images);
    if (normalised) normalise_rows(texts);
    expect_rows_near(images.values, "image_features");
    expect_rows_near(texts.values, "text_features");
    normalise_rows(images);
    normalise_rows(texts);
    expect_logits_near(similarities(images, texts, logit_scale(), logit_bias()).values);
  });
}

/// The smallest cosine to the reference's features that a precision may have. The fixtures are
/// narrow, so that their roundings average less than a model's do, and those of EVA's that
/// normalise after a branch make small numbers large.
struct LeastCosine {
  Precision precision;
  double cosine;
};

TEST_P(ReferenceTest, StaysNearInReducedPrecision) {
  for (const LeastCosine& least :
       {LeastCosine{Precision::bf16, 0.9995}, LeastCosine{Precision::int8w, 0.99},
        LeastCosine{Precision::int8, 0.98}}) {
    const std::shared_ptr<const Weights> weights = pack(least.precision);
    test::with_every_isa([&] {
      const Encoder encoder(engine::on_cpu(weights, pool_));
      expect_cosines(encoder.encode_images(pixels()).floats(), "image_features", least.cosine);
      expect_cosines(encoder.encode_texts(tokens()).floats(), "text_features", least.cosine);
    });
  }
}

/// Pictures of other aspect ratios than a square's, with more and fewer rows and columns than the
/// table of positions has.
TEST(NaflexReferenceTest, GivesPicturesOfDifferentSizesTheSameFeatures) {
  const std::filesystem::path folder = test::data_path("open_clip_siglip2_naflex");
  const TensorMap io = checkpoint::read_safetensors(folder / "sizes.safetensors");
  const checkpoint::ModelFile file = checkpoint::load_model_file(folder);
  const auto pool = std::make_shared<ThreadPool>(2);
  const auto weights =
      std::make_shared<Weights>(network::make_model(file.config), file.weights, *pool);
  const test::PicturesOfSizes pictures(io, network::image_size(file.config.image));
  const std::vector<float> expected = to_floats(io.at("image_features"));
  test::with_every_isa([&] {
    const Encoder encoder(engine::on_cpu(weights, pool));
    const TensorBuffer features = encoder.encode_images(pictures.pixels());
    test::expect_rows_near(features.floats(), expected, features.shape()[1]);
  });
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ReferenceTest,
                         testing::ValuesIn(test::data_folders_with("io.safetensors")),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace diptych
