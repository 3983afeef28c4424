#include "checkpoint/keys/transform.h"

#include <gtest/gtest.h>

#include <numeric>

namespace diptych::checkpoint {
namespace {

TensorBuffer counted(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), 0.0F);
  return TensorBuffer(shape, values);
}

std::vector<float> transformed(Transform transform, const TensorBuffer& tensor) {
  TensorBuffer out(DType::float32, transformed_shape(transform, tensor.shape()));
  transform_elements(transform, tensor.view(), out.bytes());
  return to_floats(out.view());
}

/// Odd sizes beyond one block of the transposition.
constexpr std::int64_t kInputs = 67;
constexpr std::int64_t kHeads = 3;
constexpr std::int64_t kHeadWidth = 13;
constexpr std::int64_t kOutputs = 35;

TEST(Transform, PutsThePixelsOfPatchesIntoPlanes) {
  constexpr std::int64_t kSide = 5;
  const TensorBuffer patches = counted({kOutputs, kSide * kSide * 3});
  EXPECT_EQ(transformed_shape(Transform::patches, patches.shape()),
            Shape({kOutputs, 3, kSide, kSide}));
  EXPECT_TRUE(transformed_shape(Transform::patches, {kOutputs, 74}).empty());
  const auto got = transformed(Transform::patches, patches);
  for (std::int64_t i = 0; i < std::ssize(got); ++i) {
    const std::int64_t place = i % (kSide * kSide);
    const std::int64_t channel = i / (kSide * kSide) % 3;
    const std::int64_t output = i / (kSide * kSide * 3);
    EXPECT_EQ(got[static_cast<std::size_t>(i)],
              static_cast<float>((output * kSide * kSide + place) * 3 + channel));
  }
}

TEST(Transform, MakesAMatrixOfAGrid) {
  EXPECT_EQ(transformed_shape(Transform::grid, {1, 4, 5, 7}), Shape({20, 7}));
  EXPECT_TRUE(transformed_shape(Transform::grid, {2, 4, 5, 7}).empty());
}

TEST(Transform, MakesARowOfEachHeadsOutput) {
  const TensorBuffer kernel = counted({kInputs, kHeads, kHeadWidth});
  EXPECT_EQ(transformed_shape(Transform::to_heads, kernel.shape()),
            Shape({kHeads * kHeadWidth, kInputs}));
  const auto got = transformed(Transform::to_heads, kernel);
  for (std::int64_t head = 0; head < kHeads; ++head) {
    for (std::int64_t i = 0; i < kHeadWidth; ++i) {
      for (std::int64_t input = 0; input < kInputs; ++input) {
        EXPECT_EQ(got[static_cast<std::size_t>((head * kHeadWidth + i) * kInputs + input)],
                  static_cast<float>((input * kHeads + head) * kHeadWidth + i));
      }
    }
  }
}

TEST(Transform, MakesAColumnOfEachHeadsInput) {
  const TensorBuffer kernel = counted({kHeads, kHeadWidth, kOutputs});
  EXPECT_EQ(transformed_shape(Transform::from_heads, kernel.shape()),
            Shape({kOutputs, kHeads * kHeadWidth}));
  const auto got = transformed(Transform::from_heads, kernel);
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    for (std::int64_t column = 0; column < kHeads * kHeadWidth; ++column) {
      EXPECT_EQ(got[static_cast<std::size_t>(output * kHeads * kHeadWidth + column)],
                static_cast<float>(column * kOutputs + output));
    }
  }
}

TEST(Transform, PutsAConvolutionsOutputsFirst) {
  const TensorBuffer kernel = counted({2, 3, 5, 7});
  EXPECT_EQ(transformed_shape(Transform::convolution, kernel.shape()), Shape({7, 5, 2, 3}));
  const auto got = transformed(Transform::convolution, kernel);
  for (int output = 0; output < 7; ++output) {
    for (int input = 0; input < 5; ++input) {
      for (int place = 0; place < 6; ++place) {
        EXPECT_EQ(got[static_cast<std::size_t>((output * 5 + input) * 6 + place)],
                  static_cast<float>((place * 5 + input) * 7 + output));
      }
    }
  }
}

TEST(Transform, MakesNoMatrixOfOtherShapes) {
  EXPECT_EQ(transformed_shape(Transform::transpose, {6}), Shape({6}));
  for (const Transform transform :
       {Transform::to_heads, Transform::from_heads, Transform::convolution})
    EXPECT_EQ(transformed_shape(transform, {2, 3}), Shape{});
}

}  // namespace
}  // namespace diptych::checkpoint
