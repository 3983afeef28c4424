#include "checkpoint/fitting/quantised.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/expect_error.h"
#include "tensor/int8.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;

const std::vector<float> kWeight = {1.0F, -0.5F, 0.25F, 8.0F, 4.0F, -1.0F};

TensorMap weights() {
  TensorMap tensors;
  tensors.add("layer.weight", TensorBuffer({2, 3}, kWeight));
  tensors.add("layer.bias", TensorBuffer({2}, std::vector<float>{0.1F, 1.0F}));
  return tensors;
}

TEST(Quantised, IsReadAsTheWholeNumbersTimesTheScales) {
  TensorMap stored = quantise(weights(), {.layers = {{"layer.weight", {}}}});
  EXPECT_EQ(stored.at("layer.weight").dtype, DType::int8);
  EXPECT_EQ(to_integers(stored.at("layer.weight")),
            (std::vector<std::int64_t>{127, -64, 32, 127, 64, -16}));
  EXPECT_EQ(stored.at("layer.bias").dtype, DType::bfloat16);
  const network::Quantisation read = dequantise(stored, "test");
  EXPECT_EQ(stored.tensors.size(), 2U);
  ASSERT_EQ(read.layers.count("layer.weight"), 1U);
  EXPECT_TRUE(read.layers.at("layer.weight").empty());
  const std::vector<float> values = to_floats(stored.at("layer.weight"));
  for (std::size_t i = 0; i < kWeight.size(); ++i)
    EXPECT_NEAR(values[i], kWeight[i], (i < 3 ? 1.0F : 8.0F) / 127.0F / 2.0F) << i;
}

TEST(Quantised, InputFactorsAreUndone) {
  const std::vector<float> factors = {4.0F, 0.5F, 1.0F};
  TensorMap stored = quantise(weights(), {.layers = {{"layer.weight", factors}}});
  const network::Quantisation read = dequantise(stored, "test");
  EXPECT_EQ(read.layers.at("layer.weight"), factors);
  const std::vector<float> values = to_floats(stored.at("layer.weight"));
  // A step is the largest of weight / factor, times the column's factor.
  const std::vector<float> largest = {1.0F, 8.0F};
  for (std::size_t i = 0; i < kWeight.size(); ++i)
    EXPECT_NEAR(values[i], kWeight[i], largest[i / 3] / 127.0F / 2.0F * factors[i % 3] * 1.001F)
        << i;
}

TEST(Quantised, LeavesOtherTensorsAsTheyAre) {
  TensorMap tensors = weights();
  EXPECT_TRUE(dequantise(tensors, "test").layers.empty());
  EXPECT_EQ(tensors.tensors.size(), 2U);
}

/// A quantised weight of which one tensor is another.
void expect_quantised_refused(const std::string& name, TensorBuffer tensor,
                              const std::string& reason) {
  TensorMap stored = quantise(weights(), {.layers = {{"layer.weight", {1.0F, 2.0F, 3.0F}}}});
  stored.tensors.erase(name);
  stored.add(name, std::move(tensor));
  expect_error([&] { dequantise(stored, "bad.safetensors"); }, ErrorCode::corrupt_data, reason);
}

TEST(QuantisedErrors, NameTheTensorAndTheFile) {
  const std::vector<float> two = {1.0F, 1.0F};
  expect_quantised_refused("layer.weight", TensorBuffer({2, 3}, kWeight),
                           "no layer.weight in int8");
  expect_quantised_refused("layer.weight", TensorBuffer(DType::int8, {0, 3}),
                           "no layer.weight in int8");
  expect_quantised_refused("layer.weight", TensorBuffer(DType::int8, {}),
                           "no layer.weight in int8");
  expect_quantised_refused("layer.weight.int8_scale",
                           TensorBuffer({3}, std::vector<float>{1, 1, 1}),
                           "layer.weight.int8_scale: got float32 [3], expected float32 [2]");
  expect_quantised_refused("layer.weight.int8_scale", TensorBuffer(DType::float64, {2}),
                           "got float64 [2]");
  expect_quantised_refused("layer.weight.int8_scale",
                           TensorBuffer({2}, std::vector<float>{1.0F, -1.0F}),
                           "got -1, expected a number of at least 0 (bad.safetensors)");
  expect_quantised_refused("layer.weight.int8_scale",
                           TensorBuffer({2}, std::vector<float>{NAN, 1.0F}),
                           "layer.weight.int8_scale: got nan");
  expect_quantised_refused("layer.weight.int8_input_factor", TensorBuffer({2}, two),
                           "int8_input_factor: got float32 [2], expected float32 [3]");
  expect_quantised_refused("layer.weight.int8_input_factor",
                           TensorBuffer({3}, std::vector<float>{1.0F, 0.0F, 1.0F}),
                           "got 0, expected");
  expect_quantised_refused("other.int8_scale", TensorBuffer({2}, two), "got no other in int8");
}

}  // namespace
}  // namespace diptych::checkpoint
