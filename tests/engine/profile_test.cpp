#include "engine/profile.h"

#include <gtest/gtest.h>

#include "engine/cpu_executor.h"
#include "engine/machine_peaks.h"
#include "engine/random_model.h"

namespace diptych {
namespace {

using engine::CpuExecutor;
using engine::Profile;
using engine::Weights;

constexpr int kProfiledPictures = 3;

/// A small ViT and its pictures' features, timed or not.
struct Pass {
  network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  const network::VisionTransformerConfig& tower =
      std::get<network::VisionTransformerConfig>(model.config.image);
  std::vector<float> features;

  explicit Pass(Profile* profile) {
    const auto pool = std::make_shared<ThreadPool>(2);
    const auto weights = std::make_shared<Weights>(model, test::random_weights(model, 1), *pool);
    CpuExecutor executor(weights, pool, {.profile = profile});
    const int side = tower.image_size;
    const std::vector<float> pixels =
        test::random_floats(static_cast<std::size_t>(kProfiledPictures) * 3 * side * side, 2);
    features.resize(static_cast<std::size_t>(kProfiledPictures) * 20);
    executor.image_features({pixels.data(), kProfiledPictures, side, side}, features);
  }
};

TEST(Profile, CountsTheOperationsOfAPassAndWhatTheyDo) {
  Profile profile;
  const Pass pass(&profile);
  const auto& operations = profile.operations();
  EXPECT_EQ(operations.at("attention").calls, pass.tower.layers);
  // All rows in the first block, in the last one the class tokens alone.
  const OperationTime& widening = operations.at("linear 80 -> 300");
  EXPECT_EQ(widening.calls, pass.tower.layers);
  const int rows = kProfiledPictures * (1 + 4 * 4) + kProfiledPictures;
  EXPECT_DOUBLE_EQ(widening.flops, 2.0 * rows * 80 * 300);
  for (const auto& [name, operation] : operations) {
    EXPECT_EQ(name, operation.name);
    EXPECT_GT(operation.seconds, 0.0) << name;
    EXPECT_GT(operation.bytes, 0.0) << name;
  }
}

TEST(Profile, ChangesNoResult) {
  Profile profile;
  EXPECT_EQ(Pass(&profile).features, Pass(nullptr).features);
}

TEST(MachinePeaks, AreMeasuredForEveryFormat) {
  ThreadPool pool(2);
  for (const kernels::Element stored :
       {kernels::Element::fp32, kernels::Element::bf16, kernels::Element::int8}) {
    const MachinePeaks peaks = engine::measure_peaks({stored, stored}, pool);
    EXPECT_GT(peaks.flops_per_second, 1e8);
    EXPECT_GT(peaks.bytes_per_second, 1e8);
  }
}

}  // namespace
}  // namespace diptych
