#include "tensor/finite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace diptych {
namespace {

constexpr DType kTypes[] = {DType::float32, DType::float16, DType::bfloat16, DType::float64};

/// `count` ones but for one element.
TensorBuffer with(DType dtype, std::int64_t count, std::int64_t place, float value) {
  std::vector<float> values(static_cast<std::size_t>(count), 1.0F);
  values[static_cast<std::size_t>(place)] = value;
  return convert(TensorBuffer({count}, values).view(), dtype);
}

TEST(AllFinite, FindsOneElementAnywhere) {
  for (const DType dtype : kTypes) {
    for (const std::int64_t place : {0, 1023, 1024, 2999}) {
      for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity()})
        EXPECT_FALSE(all_finite(with(dtype, 3000, place, value).view())) << name(dtype) << place;
    }
  }
}

TEST(AllFinite, TakesTheLargestAndSmallestNumbers) {
  for (const DType dtype : kTypes) {
    const float largest = dtype == DType::float16 ? 65504.0F : 3e38F;
    EXPECT_TRUE(all_finite(with(dtype, 5, 4, largest).view()));
    EXPECT_TRUE(all_finite(with(dtype, 5, 4, -1e-40F).view()));
  }
}

TEST(LargestMagnitude, IsFoundAnywhereWhateverItsSign) {
  for (const DType dtype : kTypes) {
    for (const std::int64_t place : {0, 1023, 1024, 2999}) {
      for (const float value : {2.5F, -24.0F})
        EXPECT_EQ(largest_magnitude(with(dtype, 3000, place, value).bytes(), dtype),
                  std::abs(value))
            << name(dtype) << place;
    }
    EXPECT_EQ(largest_magnitude(with(dtype, 1, 0, -0.0F).bytes(), dtype), 0.0) << name(dtype);
    EXPECT_EQ(largest_magnitude({}, dtype), 0.0);
    EXPECT_TRUE(std::isinf(largest_magnitude(with(dtype, 9, 3, std::nanf("")).bytes(), dtype)));
  }
  EXPECT_EQ(
      largest_magnitude(TensorBuffer({1}, std::vector<std::int32_t>{7}).bytes(), DType::int32),
      0.0);
}

TEST(AllFinite, TakesUnalignedBytesIntegersAndNothing) {
  const TensorBuffer buffer = with(DType::float32, 100, 99, std::nanf(""));
  std::vector<std::byte> bytes(401);
  std::ranges::copy(buffer.bytes(), bytes.begin() + 1);
  EXPECT_FALSE(all_finite(std::span(bytes).subspan(1), DType::float32));
  EXPECT_TRUE(all_finite(TensorBuffer({2}, std::vector<std::int32_t>{-1, -1}).view()));
  EXPECT_TRUE(all_finite(std::span<const std::byte>(), DType::float32));
}

}  // namespace
}  // namespace diptych
