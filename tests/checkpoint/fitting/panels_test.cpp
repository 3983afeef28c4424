#include "checkpoint/fitting/panels.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;

/// 0, 1, 2, ... row by row.
TensorMap counted_panels(std::int64_t outputs, std::int64_t inputs) {
  std::vector<float> values(static_cast<std::size_t>(outputs * inputs));
  std::iota(values.begin(), values.end(), 0.0F);
  TensorMap tensors;
  tensors.add("layer.weight", TensorBuffer({outputs, inputs}, values));
  tensors.add("layer.bias", TensorBuffer({2}, std::vector<float>{0.1F, 1.0F}));
  return tensors;
}

TEST(Panels, HoldTheWeightsOfNeighbouringOutputsTogether) {
  const TensorMap tensors = counted_panels(4, 3);
  const TensorMap stored = to_panels(tensors, {"layer.weight"}, 2);
  EXPECT_FALSE(stored.tensors.contains("layer.weight"));
  EXPECT_EQ(stored.at("layer.weight.panels").shape, (Shape{2, 3, 2}));
  EXPECT_EQ(to_floats(stored.at("layer.weight.panels")),
            (std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  EXPECT_EQ(to_floats(stored.at("layer.bias")), to_floats(tensors.at("layer.bias")));
}

/// What was written into a file, and read.
TensorMap stored_panels(Shape shape) {
  TensorMap tensors;
  TensorBuffer buffer(DType::float32, std::move(shape));
  std::iota(buffer.floats().begin(), buffer.floats().end(), 0.0F);
  tensors.add("layer.weight.panels", std::move(buffer));
  return tensors;
}

TEST(Panels, AreReadAsTheWeightsToo) {
  TensorMap tensors = stored_panels({2, 3, 2});
  const TensorMap panels = take_panels(tensors, "test");
  EXPECT_EQ(tensors.tensors.size(), 1U);
  EXPECT_EQ(tensors.at("layer.weight").shape, (Shape{4, 3}));
  EXPECT_EQ(to_floats(tensors.at("layer.weight")),
            (std::vector<float>{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
  EXPECT_EQ(panels.at("layer.weight").shape, (Shape{2, 3, 2}));
}

TEST(Panels, LeaveOtherTensorsAsTheyAre) {
  TensorMap tensors = counted_panels(4, 3);
  EXPECT_TRUE(take_panels(tensors, "test").tensors.empty());
  EXPECT_EQ(tensors.tensors.size(), 2U);
}

TEST(Panels, ThatAreNoneAreRefused) {
  for (const Shape& shape : {Shape{12}, Shape{4, 3}, Shape{2, 3, 0}, Shape{1, 2, 3, 2}}) {
    TensorMap tensors = stored_panels(shape);
    expect_error([&] { take_panels(tensors, "test"); }, ErrorCode::corrupt_data,
                 "tensor layer.weight.panels: got float32 " + to_string(shape));
  }
  TensorMap halves;
  halves.add("layer.weight.panels", TensorBuffer(DType::float16, {2, 3, 2}));
  expect_error([&] { take_panels(halves, "test"); }, ErrorCode::corrupt_data, "got float16");
}

TEST(Panels, OfAWeightThatIsThereBothWaysAreRefused) {
  TensorMap tensors = stored_panels({2, 3, 2});
  tensors.add("layer.weight", TensorBuffer(DType::float32, {4, 3}));
  expect_error([&] { take_panels(tensors, "test"); }, ErrorCode::corrupt_data, "in panels too");
}

}  // namespace
}  // namespace diptych::checkpoint
