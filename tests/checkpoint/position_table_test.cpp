#include "checkpoint/position_table.h"

#include <gtest/gtest.h>

#include "support/support.h"

namespace diptych::checkpoint {
namespace {

/// A class token and a grid of one channel whose values are a function of the place in [0, 1].
template <typename Function>
TensorBuffer table_of(int side, const Function& value) {
  std::vector<float> values = {7.0F};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      values.push_back(value(static_cast<float>(y) / static_cast<float>(side - 1),
                             static_cast<float>(x) / static_cast<float>(side - 1)));
    }
  }
  return {{1 + side * side, 1}, values};
}

TEST(PositionTable, KeepsTheClassTokenAndTheCorners) {
  const TensorBuffer old =
      table_of(3, [](float y, float x) { return 1.0F + 2.0F * y + 10.0F * x; });
  const TensorBuffer got = resize_aligned(old.view(), 5);
  EXPECT_EQ(got.shape(), Shape({26, 1}));
  EXPECT_EQ(got.floats()[0], 7.0F);
  EXPECT_FLOAT_EQ(got.floats()[1], 1.0F);
  EXPECT_FLOAT_EQ(got.floats()[5], 11.0F);
  EXPECT_FLOAT_EQ(got.floats()[21], 3.0F);
  EXPECT_FLOAT_EQ(got.floats()[25], 13.0F);
}

// What torch 2.15.0 gives: interpolate((arange(9.) ** 2).reshape(1, 1, 3, 3), size=(4, 4),
// mode="bicubic", align_corners=True).
TEST(PositionTable, InterpolatesAsPyTorchWithAlignedCorners) {
  const TensorBuffer old({10, 1}, std::vector<float>{7, 0, 1, 4, 9, 16, 25, 36, 49, 64});
  const std::vector<float> expected = {7.0F,       0.0F,       0.35185164F, 2.0555549F, 4.0F,
                                       3.1666646F, 5.4958825F, 10.133739F,  14.055553F, 18.499992F,
                                       23.763367F, 32.755127F, 39.61110F,   36.0F,      43.240746F,
                                       55.166653F, 64.0F};
  const TensorBuffer got = resize_aligned(old.view(), 4);
  ASSERT_EQ(got.floats().size(), expected.size());
  EXPECT_LE(test::relative_error(got.floats(), expected), test::kFeatureTolerance);
}

TEST(PositionTable, KeepsTheDtype) {
  const TensorBuffer old = table_of(2, [](float y, float x) { return y + x; });
  const TensorBuffer half = convert(old.view(), DType::float16);
  EXPECT_EQ(resize_aligned(half.view(), 3).dtype(), DType::float16);
  EXPECT_EQ(to_floats(resize_aligned(half.view(), 2).view()), to_floats(old.view()));
}

TEST(PositionTable, TellsATable) {
  const auto is_table = [](DType dtype, Shape shape) {
    return is_position_table(TensorBuffer(dtype, std::move(shape)).view());
  };
  EXPECT_TRUE(is_table(DType::float16, {5, 3}));
  EXPECT_FALSE(is_table(DType::int32, {5, 3}));
  EXPECT_FALSE(is_table(DType::float32, {4, 3}));
  EXPECT_FALSE(is_table(DType::float32, {1, 3}));
  EXPECT_FALSE(is_table(DType::float32, {5, 0}));
  EXPECT_FALSE(is_table(DType::float32, {5}));
}

}  // namespace
}  // namespace diptych::checkpoint
