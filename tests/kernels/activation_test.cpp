#include "kernels/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/every_isa.h"

namespace diptych {
namespace {

using kernels::Activation;

double reference(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return std::fmax(x, 0.0);
    case Activation::quick_gelu:
      return x / (1.0 + std::exp(-1.702 * x));
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::gelu_tanh:
      return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::silu:
      return x / (1.0 + std::exp(-x));
    case Activation::sigmoid:
      return 1.0 / (1.0 + std::exp(-x));
  }
  return NAN;
}

class ActivationTest : public testing::TestWithParam<Activation> {};

/// All are x, sigmoid 1, times a factor in [0, 1]: an error of a few rounding steps of that factor.
TEST_P(ActivationTest, IsWithinAFewRoundingErrorsEverywhere) {
  std::vector<float> x = {0.0F, -0.0F, 1e-30F, -1e-30F, 1e4F, -1e4F, 1e30F, -1e30F};
  for (int i = -200'000; i <= 200'000; ++i) x.push_back(static_cast<float>(i) * 1e-4F);
  test::with_every_isa([&] {
    std::vector<float> y = x;
    kernels::activate(GetParam(), {y.data(), 1, static_cast<int>(y.size()), y.size()});
    for (std::size_t i = 0; i < x.size(); ++i) {
      constexpr double kEpsilon = std::numeric_limits<float>::epsilon();
      const double scale = GetParam() == Activation::sigmoid ? 1.0 : std::abs(x[i]);
      ASSERT_NEAR(y[i], reference(GetParam(), x[i]), 2.0 * kEpsilon * scale) << x[i];
    }
  });
}

TEST_P(ActivationTest, GivesAnElementTheSameBitsWhereverItStands) {
  std::vector<float> x;
  for (int i = 0; i < 67; ++i) x.push_back(0.13F * static_cast<float>(i) - 4.0F);
  test::with_every_isa([&] {
    std::vector<float> together = x;
    kernels::activate(GetParam(), {together.data(), 1, 67, 67});
    for (std::size_t i = 0; i < x.size(); ++i) {
      float alone = x[i];
      kernels::activate(GetParam(), {&alone, 1, 1, 1});
      EXPECT_EQ(alone, together[i]);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(All, ActivationTest,
                         testing::Values(Activation::none, Activation::relu, Activation::quick_gelu,
                                         Activation::gelu, Activation::gelu_tanh, Activation::silu,
                                         Activation::sigmoid));

}  // namespace
}  // namespace diptych
