#include "train/loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libtorch/compute_device.h"
#include "libtorch/parameters.h"
#include "support/support.h"
#include "train/counting_allocator.h"

namespace diptych::train {
namespace {

using libtorch::to_buffer;

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

/// "none", "0_0_1", "x_x_4": x for those without a group.
std::string name_of_groups(const testing::TestParamInfo<std::vector<std::int64_t>>& info) {
  std::string name;
  for (const std::int64_t group : info.param)
    name += (name.empty() ? "" : "_") + (group < 0 ? "x" : std::to_string(group));
  return name.empty() ? "none" : name;
}

class ContrastiveLoss : public testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(ContrastiveLoss, EqualsTheDefinition) {
  torch::manual_seed(3);
  const torch::Tensor images = torch::randn({6, 5}).to(test::device());
  const torch::Tensor texts = torch::randn({6, 5}).to(test::device());
  const torch::Tensor logit_scale = torch::tensor(std::log(7.0F)).to(test::device());
  const double got = contrastive_loss(images, texts, logit_scale, GetParam()).item<double>();
  EXPECT_NEAR(got, naive_loss(images, texts, 7.0, GetParam()), test::kLossTolerance);
}

INSTANTIATE_TEST_SUITE_P(Groups, ContrastiveLoss,
                         testing::Values(std::vector<std::int64_t>{},
                                         std::vector<std::int64_t>{0, 1, 2, 3, 4, 5},
                                         std::vector<std::int64_t>{0, 0, 1, 1, 1, 2},
                                         std::vector<std::int64_t>{-1, -1, 4, 4, -1, 4}),
                         name_of_groups);

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
  const torch::Tensor images = torch::randn({6, 5}).to(test::device());
  const torch::Tensor texts = torch::randn({6, 5}).to(test::device());
  const double got = sigmoid_loss(images, texts, torch::tensor(std::log(7.0F)).to(test::device()),
                                  torch::tensor(-2.5F).to(test::device()), GetParam())
                         .item<double>();
  EXPECT_NEAR(got, naive_sigmoid_loss(images, texts, 7.0, -2.5, GetParam()), test::kLossTolerance);
}

INSTANTIATE_TEST_SUITE_P(Groups, SigmoidLoss,
                         testing::Values(std::vector<std::int64_t>{},
                                         std::vector<std::int64_t>{0, 0, 1, 1, 1, 2},
                                         std::vector<std::int64_t>{-1, -1, 4, 4, -1, 4}),
                         name_of_groups);

/// The losses over the whole matrix of similarities, by libtorch's own operations.
torch::Tensor plain_logits(const std::vector<torch::Tensor>& leaves) {
  namespace functional = torch::nn::functional;
  const auto unit = [](const torch::Tensor& rows) {
    return functional::normalize(rows, functional::NormalizeFuncOptions().dim(1));
  };
  return leaves[2].exp() * unit(leaves[0]).matmul(unit(leaves[1]).t());
}

torch::Tensor mask_of(std::span<const std::int64_t> groups) {
  const torch::Tensor ids =
      torch::tensor(std::vector<std::int64_t>(groups.begin(), groups.end())).to(test::device());
  return ids.unsqueeze(0).eq(ids.unsqueeze(1)).fill_diagonal_(false);
}

torch::Tensor plain_contrastive(const std::vector<torch::Tensor>& leaves, double smoothing) {
  namespace functional = torch::nn::functional;
  const torch::Tensor logits = plain_logits(leaves);
  const torch::Tensor targets = torch::arange(logits.size(0)).to(test::device());
  const auto options = functional::CrossEntropyFuncOptions().label_smoothing(smoothing);
  return 0.5 * (functional::cross_entropy(logits, targets, options) +
                functional::cross_entropy(logits.t(), targets, options));
}

torch::Tensor plain_grouped(const std::vector<torch::Tensor>& leaves,
                            std::span<const std::int64_t> groups) {
  const torch::Tensor logits = plain_logits(leaves).masked_fill(mask_of(groups), -INFINITY);
  return 0.5 * (logits.logsumexp(0) + logits.logsumexp(1) - 2.0 * logits.diagonal()).mean();
}

torch::Tensor plain_sigmoid(const std::vector<torch::Tensor>& leaves,
                            std::span<const std::int64_t> groups) {
  const torch::Tensor logits = plain_logits(leaves) + leaves[3];
  const torch::Tensor signs = 2.0 * torch::eye(logits.size(0), logits.options()) - 1.0;
  const torch::Tensor losses = -torch::log_sigmoid(signs * logits);
  return losses.masked_fill(mask_of(groups), 0.0).sum() / logits.size(0);
}

/// Features, scale and bias. 2,500 pairs are two tiles of similarities, of unequal size.
class TiledLoss : public testing::Test {
 protected:
  static constexpr std::int64_t kPairs = 2500;

  TiledLoss() {
    torch::manual_seed(8);
    for (int i = 0; i < kPairs; ++i) groups_.push_back(i / 2);
    for (torch::Tensor leaf : {torch::randn({kPairs, 16}), torch::randn({kPairs, 16}),
                               torch::tensor(std::log(30.0F)), torch::tensor(-5.0F)})
      leaves_.push_back(leaf.to(test::device()).set_requires_grad(true));
  }

  /// Expects the same loss and the same gradients.
  void compare(const torch::Tensor& tiled, const torch::Tensor& plain) {
    EXPECT_NEAR(tiled.item<double>() / plain.item<double>(), 1.0, 1e-5);
    const auto gradients = [this](const torch::Tensor& loss) {
      return torch::autograd::grad({loss}, leaves_, {}, /*retain_graph=*/std::nullopt,
                                   /*create_graph=*/false, /*allow_unused=*/true);
    };
    const auto got = gradients(3.0 * tiled);
    const auto expected = gradients(3.0 * plain);
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      ASSERT_EQ(got[i].defined(), expected[i].defined()) << i;
      if (!got[i].defined()) continue;
      EXPECT_LE(test::relative_error(to_buffer(got[i]).floats(), to_buffer(expected[i]).floats()),
                1e-5)
          << i;
    }
  }

  std::vector<torch::Tensor> leaves_;
  std::vector<std::int64_t> groups_;
};

TEST_F(TiledLoss, ContrastiveIsThePlainOne) {
  compare(contrastive_loss(leaves_[0], leaves_[1], leaves_[2]), plain_contrastive(leaves_, 0.0));
}

TEST_F(TiledLoss, ContrastiveWithLabelSmoothingIsThePlainOne) {
  compare(contrastive_loss(leaves_[0], leaves_[1], leaves_[2], {}, 0.1),
          plain_contrastive(leaves_, 0.1));
}

TEST_F(TiledLoss, ContrastiveWithGroupsIsThePlainOne) {
  compare(contrastive_loss(leaves_[0], leaves_[1], leaves_[2], groups_),
          plain_grouped(leaves_, groups_));
}

TEST_F(TiledLoss, SigmoidIsThePlainOne) {
  compare(sigmoid_loss(leaves_[0], leaves_[1], leaves_[2], leaves_[3], groups_),
          plain_sigmoid(leaves_, groups_));
}

/// Smoothing spreads over what counts: of one group only the target itself does.
TEST_F(TiledLoss, LabelSmoothingLeavesOutWhatGroupsIgnore) {
  const std::vector<std::int64_t> one_group(kPairs, 7);
  EXPECT_NEAR(contrastive_loss(leaves_[0], leaves_[1], leaves_[2], one_group, 0.2).item<double>(),
              0.0, 1e-5);
}

/// The most that a loss of so many pairs and its gradients take, as a part of the matrix of all
/// similarities.
template <typename Loss>
double part_of_the_matrix(std::int64_t pairs, Loss loss) {
  torch::manual_seed(9);
  constexpr std::int64_t kWidth = 8;
  const auto features = [=] { return torch::randn({pairs, kWidth}).set_requires_grad(true); };
  const torch::Tensor images = features();
  const torch::Tensor texts = features();
  const torch::Tensor scale = torch::tensor(std::log(10.0F)).set_requires_grad(true);
  const test::CountingAllocator allocator;
  const std::int64_t before = allocator.alive();
  loss(images, texts, scale).backward();
  const auto matrix = static_cast<double>(pairs) * static_cast<double>(pairs) * sizeof(float);
  return static_cast<double>(allocator.peak() - before) / matrix;
}

/// However many pairs there are, a few tiles of 16 MiB exist at a time.
TEST(LossMemory, IsFarBelowThatOfAllSimilarities) {
  if (!test::device().is_cpu()) GTEST_SKIP() << "counts the host's memory";
  constexpr std::int64_t kPairs = 12'288;
  const double contrastive =
      part_of_the_matrix(kPairs, [](const auto& images, const auto& texts, const auto& scale) {
        return contrastive_loss(images, texts, scale);
      });
  const double sigmoid =
      part_of_the_matrix(kPairs, [](const auto& images, const auto& texts, const auto& scale) {
        return sigmoid_loss(images, texts, scale, torch::tensor(-10.0F));
      });
  for (const double part : {contrastive, sigmoid}) {
    EXPECT_GT(part, 0.02) << "a tile";
    EXPECT_LT(part, 0.25);
  }
}

}  // namespace
}  // namespace diptych::train
