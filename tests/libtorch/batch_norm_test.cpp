#include "libtorch/batch_norm.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/support.h"

namespace diptych {
namespace {

using testing::HasSubstr;
using torch::Tensor;

constexpr double kEpsilon = 1e-5;

/// What a pass forward and back through batch normalisation leaves.
struct Pass {
  Tensor rows, weight, bias, running_mean, running_variance, out;
};

/// In the type of `rows`, whose gradients are of the sum of the output times `along`.
template <typename Normalise>
Pass pass(const Tensor& rows, const Tensor& along, const Normalise& normalise) {
  const auto parameters = rows.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  Pass result{.rows = rows.detach().clone().requires_grad_(),
              .weight = torch::linspace(0.5, 1.5, rows.size(1), parameters).requires_grad_(),
              .bias = torch::linspace(-1, 1, rows.size(1), parameters).requires_grad_(),
              .running_mean = torch::ones(rows.size(1), parameters),
              .running_variance = torch::full(rows.size(1), 2.0, parameters),
              .out = {}};
  result.out = normalise(result);
  (result.out * along.to(rows.scalar_type())).sum().backward();
  return result;
}

Pass ours(const Tensor& rows, const Tensor& along) {
  return pass(rows, along, [](const Pass& p) {
    return libtorch::batch_norm(
        p.rows, p.weight, p.bias, kEpsilon,
        {.mean = p.running_mean, .variance = p.running_variance, .momentum = 0.1});
  });
}

/// libtorch's, in double precision.
Pass exact(const Tensor& rows, const Tensor& along) {
  return pass(rows.to(torch::kFloat64), along, [](const Pass& p) {
    return torch::batch_norm(p.rows, p.weight, p.bias, p.running_mean, p.running_variance,
                             /*training=*/true, 0.1, kEpsilon, /*cudnn_enabled=*/false);
  });
}

double difference(const Tensor& got, const Tensor& expected) {
  return (got.to(torch::kFloat64) - expected).norm().item<double>() /
         expected.norm().item<double>();
}

/// More rows than one part has, far from zero.
Tensor rows_for_test(torch::ScalarType type) {
  torch::manual_seed(1);
  return (torch::randn({5000, 19}) * torch::linspace(0.1, 3, 19) + torch::linspace(-20, 20, 19))
      .to(type);
}

TEST(BatchNormPass, AgreesWithDoublePrecision) {
  const Tensor rows = rows_for_test(torch::kFloat32);
  const Tensor along = torch::randn({5000, 19});
  const Pass got = ours(rows, along);
  const Pass expected = exact(rows, along);
  EXPECT_LT(difference(got.out, expected.out), test::kFeatureTolerance);
  EXPECT_LT(difference(got.rows.grad(), expected.rows.grad()), test::kFeatureTolerance);
  EXPECT_LT(difference(got.weight.grad(), expected.weight.grad()), test::kFeatureTolerance);
  EXPECT_LT(difference(got.bias.grad(), expected.bias.grad()), test::kFeatureTolerance);
  EXPECT_LT(difference(got.running_mean, expected.running_mean), 1e-7);
  EXPECT_LT(difference(got.running_variance, expected.running_variance), 1e-7);
}

TEST(BatchNormPass, OfBfloat16RoundsResultsAlone) {
  const Tensor rows = rows_for_test(torch::kBFloat16);
  const Tensor along = torch::randn({5000, 19}).to(torch::kBFloat16);
  const Pass got = ours(rows, along);
  const Pass expected = exact(rows, along);
  constexpr double kLastPlace = 1.0 / 256;
  EXPECT_EQ(got.out.scalar_type(), torch::kBFloat16);
  EXPECT_LT(difference(got.out, expected.out), kLastPlace);
  EXPECT_LT(difference(got.rows.grad(), expected.rows.grad()), kLastPlace);
  EXPECT_LT(difference(got.weight.grad(), expected.weight.grad()), test::kFeatureTolerance);
  EXPECT_LT(difference(got.bias.grad(), expected.bias.grad()), test::kFeatureTolerance);
}

TEST(BatchNormPass, HasTheSameBitsWithAnyNumberOfThreads) {
  const Tensor rows = rows_for_test(torch::kFloat32);
  const Tensor along = torch::randn({5000, 19});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Pass one = ours(rows, along);
  at::set_num_threads(3);
  const Pass three = ours(rows, along);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(one.out, three.out));
  EXPECT_TRUE(torch::equal(one.rows.grad(), three.rows.grad()));
  EXPECT_TRUE(torch::equal(one.weight.grad(), three.weight.grad()));
}

TEST(BatchNormPass, RefusesOneValueAChannel) {
  const Tensor one = torch::ones({1, 3});
  try {
    libtorch::batch_norm(one, torch::ones(3), torch::zeros(3), kEpsilon, {});
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("got 1 value a channel"));
  }
}

}  // namespace
}  // namespace diptych
