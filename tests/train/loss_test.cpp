#include "train/loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/support.h"

namespace diptych::train {
namespace {

/// The loss written out in doubles, one pair at a time.
double naive_loss(const torch::Tensor& images, const torch::Tensor& texts, double scale,
                  const std::vector<std::int64_t>& groups) {
  const torch::Tensor a = images.to(torch::kFloat64);
  const torch::Tensor b = texts.to(torch::kFloat64);
  const std::int64_t n = a.size(0);
  const auto logit = [&](std::int64_t i, std::int64_t j) {
    const double cosine = (a[i].dot(b[j]) / (a[i].norm() * b[j].norm())).item<double>();
    return scale * cosine;
  };
  const auto negative = [&](std::int64_t i, std::int64_t j) {
    return groups.empty() || i == j || groups[i] < 0 || groups[i] != groups[j];
  };
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    double row = 0.0;
    double column = 0.0;
    for (std::int64_t j = 0; j < n; ++j) {
      if (!negative(i, j)) continue;
      row += std::exp(logit(i, j) - logit(i, i));
      column += std::exp(logit(j, i) - logit(i, i));
    }
    sum += 0.5 * (std::log(row) + std::log(column));
  }
  return sum / static_cast<double>(n);
}

class ContrastiveLoss : public testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(ContrastiveLoss, EqualsTheDefinition) {
  torch::manual_seed(3);
  const torch::Tensor images = torch::randn({6, 5});
  const torch::Tensor texts = torch::randn({6, 5});
  const torch::Tensor logit_scale = torch::tensor(std::log(7.0F));
  const double got = contrastive_loss(images, texts, logit_scale, GetParam()).item<double>();
  EXPECT_NEAR(got, naive_loss(images, texts, 7.0, GetParam()), test::kLossTolerance);
}

INSTANTIATE_TEST_SUITE_P(Groups, ContrastiveLoss,
                         testing::Values(std::vector<std::int64_t>{},
                                         std::vector<std::int64_t>{0, 1, 2, 3, 4, 5},
                                         std::vector<std::int64_t>{0, 0, 1, 1, 1, 2},
                                         std::vector<std::int64_t>{-1, -1, 4, 4, -1, 4}));

TEST(ContrastiveLossGroups, OfOneGroupThereIsNothingToTellApart) {
  torch::manual_seed(4);
  const std::vector<std::int64_t> groups = {7, 7, 7};
  const auto loss =
      contrastive_loss(torch::randn({3, 4}), torch::randn({3, 4}), torch::tensor(1.0F), groups);
  EXPECT_EQ(loss.item<double>(), 0.0);
}

/// The sigmoid loss written out in doubles, one pairing at a time.
double naive_sigmoid_loss(const torch::Tensor& images, const torch::Tensor& texts, double scale,
                          double bias, const std::vector<std::int64_t>& groups) {
  const torch::Tensor a = images.to(torch::kFloat64);
  const torch::Tensor b = texts.to(torch::kFloat64);
  const std::int64_t n = a.size(0);
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      if (!groups.empty() && i != j && groups[i] >= 0 && groups[i] == groups[j]) continue;
      const double cosine = (a[i].dot(b[j]) / (a[i].norm() * b[j].norm())).item<double>();
      const double answer = scale * cosine + bias;
      sum += std::log1p(std::exp(i == j ? -answer : answer));
    }
  }
  return sum / static_cast<double>(n);
}

class SigmoidLoss : public testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(SigmoidLoss, EqualsTheDefinition) {
  torch::manual_seed(5);
  const torch::Tensor images = torch::randn({6, 5});
  const torch::Tensor texts = torch::randn({6, 5});
  const double got =
      sigmoid_loss(images, texts, torch::tensor(std::log(7.0F)), torch::tensor(-2.5F), GetParam())
          .item<double>();
  EXPECT_NEAR(got, naive_sigmoid_loss(images, texts, 7.0, -2.5, GetParam()), test::kLossTolerance);
}

INSTANTIATE_TEST_SUITE_P(Groups, SigmoidLoss,
                         testing::Values(std::vector<std::int64_t>{},
                                         std::vector<std::int64_t>{0, 0, 1, 1, 1, 2},
                                         std::vector<std::int64_t>{-1, -1, 4, 4, -1, 4}));

}  // namespace
}  // namespace diptych::train
