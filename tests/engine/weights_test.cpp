#include "engine/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "diptych/error.h"
#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "engine/layer_list.h"
#include "engine/random_model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using engine::Weights;
using testing::HasSubstr;

std::string error_of(const network::Model& model, const TensorMap& checkpoint) {
  ThreadPool pool(1);
  try {
    const Weights weights(model, checkpoint, pool);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "no error";
}

TEST(WeightsTest, RefusesACheckpointThatDoesNotFit) {
  const network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  TensorMap missing = test::random_weights(model, 1);
  missing.tensors.erase("visual.proj");
  EXPECT_THAT(error_of(model, missing), HasSubstr("no visual.proj"));
  TensorMap reshaped = test::random_weights(model, 1);
  reshaped.add("ln_final.bias", TensorBuffer(DType::float32, {71}));
  EXPECT_THAT(error_of(model, reshaped), HasSubstr("ln_final.bias: got shape [71], expected [72]"));
}

TEST(WeightsTest, RefusesWhatIsNotFiniteInEveryPrecision) {
  const network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  ThreadPool pool(1);
  // A matrix that is packed, a table and a vector.
  for (const char* name : {"visual.proj", "token_embedding.weight", "ln_final.bias"}) {
    TensorMap diverged = test::random_weights(model, 1);
    std::vector<float> values = to_floats(diverged.at(name));
    const Shape shape = diverged.at(name).shape;
    values.back() = std::nanf("");
    diverged.tensors.erase(name);
    diverged.add(name, TensorBuffer(shape, values));
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      test::expect_error([&] { Weights(model, diverged, pool, precision); },
                         ErrorCode::corrupt_data, name);
    }
  }
}

TEST(WeightsTest, ComputesEachTensorOnceForEachLayerThatHasIt) {
  const network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  const TensorMap stored = test::random_weights(model, 1);
  TensorMap computed;
  std::map<std::string, int> computations;
  for (const auto& [name, view] : stored.tensors) {
    computed.tensors.emplace(name,
                             computed_tensor(view.dtype, view.shape, [&](std::span<std::byte> out) {
                               ++computations[name];
                               std::copy(view.bytes.begin(), view.bytes.end(), out.begin());
                             }));
  }
  const auto pool = std::make_shared<ThreadPool>(2);
  const engine::Encoder expected(
      engine::on_cpu(std::make_shared<Weights>(model, stored, *pool), pool));
  const engine::Encoder got(
      engine::on_cpu(std::make_shared<Weights>(model, computed, *pool), pool));
  network::Tokens tokens;
  tokens.append(std::vector<std::int32_t>{1, 2, 3});
  EXPECT_EQ(to_floats(got.encode_texts(tokens).view()),
            to_floats(expected.encode_texts(tokens).view()));
  // Rows of a table are read many times.
  EXPECT_EQ(computations.at("token_embedding.weight"), 1);
}

TEST(WeightsTest, ReadsHalfPrecisionAsTheNumbersItHolds) {
  const network::Model model = network::make_model(test::small_resnet());
  const TensorMap full = test::random_weights(model, 1);
  TensorMap half;
  TensorMap rounded;
  for (const auto& [name, view] : full.tensors) {
    half.add(name, convert(view, DType::float16));
    rounded.add(name, TensorBuffer(view.shape, to_floats(half.at(name))));
  }
  const auto pool = std::make_shared<ThreadPool>(2);
  const engine::Encoder from_half(
      engine::on_cpu(std::make_shared<Weights>(model, half, *pool), pool));
  const engine::Encoder from_rounded(
      engine::on_cpu(std::make_shared<Weights>(model, rounded, *pool), pool));
  const std::vector<float> picture = test::random_floats(3 * 64 * 64, 2);
  const network::Pixels pixels{picture.data(), 1, 64, 64};
  const network::Tokens tokens = test::random_tokens({9}, 97, 3);
  EXPECT_THAT(from_half.encode_images(pixels).floats(),
              testing::ElementsAreArray(from_rounded.encode_images(pixels).floats()));
  EXPECT_THAT(from_half.encode_texts(tokens).floats(),
              testing::ElementsAreArray(from_rounded.encode_texts(tokens).floats()));
}

TEST(LayerListTest, NamesEveryLayerOfTheTowersOnce) {
  const network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  const engine::LayerList layers = engine::list_layers(model);
  // Four a block, one more in the last one, whose query is a layer of its own; patch embedding and
  // two projections.
  EXPECT_EQ(layers.linears.size(), 4U * 5U + 2U + 3U);
  EXPECT_EQ(layers.norms.size(), 2U * 5U + 3U);
  EXPECT_EQ(layers.embeddings.size(), 4U);
  EXPECT_TRUE(layers.convolutions.empty());
}

}  // namespace
}  // namespace diptych
