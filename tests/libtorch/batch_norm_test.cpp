#include "libtorch/batch_norm.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

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

/// What every process of a group makes of its part of the rows, each a thread here.
std::vector<Pass> shared(const std::vector<Tensor>& rows, const std::vector<Tensor>& along,
                         const std::vector<bool>& counts) {
  const test::TemporaryFolder folder;
  std::vector<Pass> passes(rows.size());
  std::vector<std::thread> processes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    processes.emplace_back([&, i] {
      const libtorch::ProcessGroup group(
          {.rank = static_cast<int>(i),
           .world = static_cast<int>(rows.size()),
           .meeting_point = "file://" + folder.path().string() + "/m"});
      passes[i] = pass(rows[i], along[i], [&](const Pass& p) {
        return libtorch::batch_norm(
            p.rows, p.weight, p.bias, kEpsilon,
            {.mean = p.running_mean, .variance = p.running_variance, .momentum = 0.1},
            {.group = &group, .counts = counts[i]});
      });
    });
  }
  for (std::thread& process : processes) process.join();
  return passes;
}

/// Parts of unequal size, and a process whose rows do not count, whatever they are.
TEST(BatchNormPass, SharedByProcessesIsThatOfAllRows) {
  const Tensor rows = rows_for_test(torch::kFloat32);
  const Tensor along = torch::randn({5000, 19});
  const Pass expected = exact(rows, along);
  const Tensor blank = torch::full({3, 19}, std::numeric_limits<float>::quiet_NaN());
  const std::vector<Pass> got =
      shared({rows.narrow(0, 0, 1), blank, rows.narrow(0, 1, 4999)},
             {along.narrow(0, 0, 1), torch::zeros({3, 19}), along.narrow(0, 1, 4999)},
             {true, false, true});
  const auto expect_near = [](const Tensor& value, const Tensor& of_all) {
    EXPECT_LT(difference(value, of_all), test::kFeatureTolerance);
  };
  expect_near(torch::cat({got[0].out, got[2].out}), expected.out);
  expect_near(torch::cat({got[0].rows.grad(), got[2].rows.grad()}), expected.rows.grad());
  expect_near(got[0].weight.grad() + got[2].weight.grad(), expected.weight.grad());
  expect_near(got[0].bias.grad() + got[2].bias.grad(), expected.bias.grad());
  EXPECT_EQ(got[1].rows.grad().count_nonzero().item<int>(), 0);
  EXPECT_EQ(got[1].weight.grad().count_nonzero().item<int>(), 0);
  expect_near(got[1].running_variance, expected.running_variance);
  for (const Pass& pass : got) {
    EXPECT_TRUE(pass.running_mean.equal(got[0].running_mean));
    EXPECT_TRUE(pass.running_variance.equal(got[0].running_variance));
  }
}

}  // namespace
}  // namespace diptych
