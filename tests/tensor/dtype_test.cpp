#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace diptych {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// A 16-bit format: its value by the definition of IEEE 754, and the functions under test.
struct Format {
  int exponent_bits;
  int mantissa_bits;
  float (*decode)(std::uint16_t);
  std::uint16_t (*encode)(float);

  std::uint16_t infinity() const {
    return static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << mantissa_bits);
  }

  double value(unsigned bits) const {
    const int exponent = static_cast<int>(bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const int mantissa = static_cast<int>(bits) & ((1 << mantissa_bits) - 1);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const double fraction = std::ldexp(mantissa, -mantissa_bits) + (exponent == 0 ? 0.0 : 1.0);
    const double magnitude = std::ldexp(fraction, (exponent == 0 ? 1 : exponent) - bias);
    return bits & 0x8000U ? -magnitude : magnitude;
  }
};

class SixteenBits : public testing::TestWithParam<Format> {};

TEST_P(SixteenBits, EveryPatternHasItsValueAndComesBack) {
  const Format format = GetParam();
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    const float value = format.decode(pattern);
    if ((bits & 0x7FFFU) > format.infinity()) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(format.decode(format.encode(value)))) << bits;
      continue;
    }
    if ((bits & 0x7FFFU) < format.infinity()) {
      ASSERT_EQ(value, format.value(bits)) << bits;
    }
    ASSERT_EQ(std::signbit(value), (bits & 0x8000U) != 0) << bits;
    ASSERT_EQ(format.encode(value), bits);
  }
  EXPECT_EQ(format.decode(format.infinity()), kInfinity);
}

TEST_P(SixteenBits, RoundsToTheNearestAndTiesToEven) {
  const Format format = GetParam();
  for (unsigned bits = 0; bits < format.infinity(); ++bits) {
    const double low = format.value(bits);
    const auto middle = static_cast<float>(low + (format.value(bits + 1) - low) / 2);
    ASSERT_EQ(format.encode(middle), bits + (bits & 1U)) << bits;
    ASSERT_EQ(format.encode(std::nextafter(middle, 0.0F)), bits) << bits;
    ASSERT_EQ(format.encode(std::nextafter(middle, kInfinity)), bits + 1) << bits;
    ASSERT_EQ(format.encode(-middle), 0x8000U + bits + (bits & 1U)) << bits;
  }
}

TEST_P(SixteenBits, KeepsWhatHasNoNumber) {
  const Format format = GetParam();
  EXPECT_EQ(format.encode(kInfinity), format.infinity());
  EXPECT_EQ(format.encode(-kInfinity), 0x8000U + format.infinity());
  EXPECT_TRUE(std::isnan(format.decode(format.encode(kNaN))));
  EXPECT_TRUE(std::signbit(format.decode(format.encode(-0.0F))));
}

INSTANTIATE_TEST_SUITE_P(Half, SixteenBits,
                         testing::Values(Format{5, 10, half_to_float, float_to_half}));
INSTANTIATE_TEST_SUITE_P(Bfloat16, SixteenBits,
                         testing::Values(Format{8, 7, bfloat16_to_float, float_to_bfloat16}));

TEST(Half, OverflowsToInfinityHalfAStepAboveItsLargest) {
  EXPECT_EQ(float_to_half(65504.0F), 0x7BFFU);
  EXPECT_EQ(float_to_half(std::nextafter(65520.0F, 0.0F)), 0x7BFFU);
  EXPECT_EQ(float_to_half(65520.0F), 0x7C00U);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::max()), 0x7C00U);
}

TEST(Bfloat16, OverflowsToInfinityHalfAStepAboveItsLargest) {
  EXPECT_EQ(float_to_bfloat16(0x1.FEp127F), 0x7F7FU);
  EXPECT_EQ(float_to_bfloat16(std::nextafter(0x1.FFp127F, 0.0F)), 0x7F7FU);
  EXPECT_EQ(float_to_bfloat16(0x1.FFp127F), 0x7F80U);
}

// The only bits of this NaN are those that bfloat16 cuts off.
TEST(Bfloat16, NaNDoesNotBecomeInfinity) {
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::bit_cast<float>(0x7F800001U)))));
}

TEST(DType, HasItsNameAndSize) {
  EXPECT_EQ(name(DType::float32), "float32");
  EXPECT_EQ(name(DType::bfloat16), "bfloat16");
  EXPECT_EQ(name(DType::boolean), "bool");
  EXPECT_EQ(size_of(DType::float64), 8U);
  EXPECT_EQ(size_of(DType::float16), 2U);
  EXPECT_EQ(size_of(DType::int16), 2U);
  EXPECT_EQ(size_of(DType::uint8), 1U);
  EXPECT_EQ(size_of(DType::boolean), 1U);
}

}  // namespace
}  // namespace diptych
