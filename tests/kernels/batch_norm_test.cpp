#include "kernels/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "kernels/every_isa.h"
#include "support/support.h"
#include "tensor/dtype.h"

namespace diptych {
namespace {

constexpr std::size_t kRows = 77;  // more than are summed in float32, and not a multiple

template <typename Value>
Value value_from(float x) {
  if constexpr (std::is_same_v<Value, float>)
    return x;
  else
    return float_to_bfloat16(x);
}

template <typename Value>
double number(Value x) {
  if constexpr (std::is_same_v<Value, float>)
    return x;
  else
    return bfloat16_to_float(x);
}

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

template <typename Value>
std::vector<Value> random_values(std::size_t count, std::uint64_t seed, float offset) {
  std::vector<Value> values;
  for (const float x : random_floats(count, seed)) values.push_back(value_from<Value>(x + offset));
  return values;
}

template <typename Value>
kernels::ChannelRows rows_of(const std::vector<Value>& values, std::size_t channels) {
  constexpr bool kIsFp32 = std::is_same_v<Value, float>;
  return {.values = values.data(),
          .element = kIsFp32 ? kernels::Element::fp32 : kernels::Element::bf16,
          .rows = values.size() / channels,
          .channels = channels};
}

template <typename Value>
class BatchNormKernels : public testing::Test {};

using ValueTypes = testing::Types<float, std::uint16_t>;
TYPED_TEST_SUITE(BatchNormKernels, ValueTypes);

TYPED_TEST(BatchNormKernels, SumsAgreeWithTheDefinition) {
  test::with_every_isa([] {
    for (const std::size_t channels : {1U, 3U, 8U, 15U, 16U, 17U, 64U, 100U}) {
      SCOPED_TRACE(channels);
      const auto x = random_values<TypeParam>(kRows * channels, 1, 5.0F);
      const auto gradient = random_values<TypeParam>(kRows * channels, 2, 0.1F);
      const std::vector<float> shift(channels, 4.5F);
      std::vector<double> moments(2 * channels, 1.0);
      std::vector<double> sums(2 * channels, 2.0);
      kernels::add_moments(rows_of(x, channels), shift.data(), moments.data());
      kernels::add_gradient_sums(rows_of(gradient, channels), rows_of(x, channels), shift.data(),
                                 sums.data());
      const double tolerance = test::accumulation_tolerance(kRows, 10.0 * kRows);
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = 1.0;
        double squares = 1.0;
        double gradients = 2.0;
        double products = 2.0;
        for (std::size_t row = 0; row < kRows; ++row) {
          const double centred = number(x[row * channels + c]) - 4.5;
          const double g = number(gradient[row * channels + c]);
          sum += centred;
          squares += centred * centred;
          gradients += g;
          products += g * centred;
        }
        EXPECT_NEAR(moments[c], sum, tolerance);
        EXPECT_NEAR(moments[channels + c], squares, tolerance);
        EXPECT_NEAR(sums[c], gradients, tolerance);
        EXPECT_NEAR(sums[channels + c], products, tolerance);
      }
    }
  });
}

TYPED_TEST(BatchNormKernels, ValuesAreThoseOfTheDefinitionRoundedToNearest) {
  test::with_every_isa([] {
    for (const std::size_t channels : {1U, 7U, 16U, 33U}) {
      SCOPED_TRACE(channels);
      const auto x = random_values<TypeParam>(kRows * channels, 1, 0.0F);
      const auto gradient = random_values<TypeParam>(kRows * channels, 2, 0.0F);
      const std::vector<float> mean = random_floats(channels, 3);
      const std::vector<float> scale = random_floats(channels, 4);
      const std::vector<float> slope = random_floats(channels, 5);
      const std::vector<float> shift = random_floats(channels, 6);
      std::vector<TypeParam> normalised(x.size());
      std::vector<TypeParam> back(x.size());
      kernels::normalise_channels(rows_of(x, channels), mean.data(), scale.data(), shift.data(),
                                  normalised.data());
      kernels::normalisation_gradient(rows_of(gradient, channels), rows_of(x, channels),
                                      mean.data(), scale.data(), slope.data(), shift.data(),
                                      back.data());
      // Half of the last place of bfloat16, or what three operations of float32 round off.
      const double relative = sizeof(TypeParam) == 2 ? 1.0 / 256 : 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t c = i % channels;
        const double centred = number(x[i]) - mean[c];
        const double value = centred * scale[c] + shift[c];
        const double along = number(gradient[i]) * scale[c] + centred * slope[c] + shift[c];
        ASSERT_NEAR(number(normalised[i]), value, relative * std::abs(value) + 1e-5);
        ASSERT_NEAR(number(back[i]), along, relative * std::abs(along) + 1e-5);
      }
    }
  });
}

TYPED_TEST(BatchNormKernels, NanStaysNan) {
  test::with_every_isa([] {
    const std::vector<TypeParam> x(17,
                                   value_from<TypeParam>(std::numeric_limits<float>::quiet_NaN()));
    const std::vector<float> ones(17, 1.0F);
    std::vector<TypeParam> out(17);
    kernels::normalise_channels(rows_of(x, x.size()), ones.data(), ones.data(), ones.data(),
                                out.data());
    for (const TypeParam value : out) EXPECT_TRUE(std::isnan(number(value)));
  });
}

}  // namespace
}  // namespace diptych
