#include "train/loss.h"

#include <limits>

namespace diptych::train {
namespace {

namespace functional = torch::nn::functional;

torch::Tensor normalised(const torch::Tensor& features) {
  return functional::normalize(features.to(torch::kFloat32),
                               functional::NormalizeFuncOptions().dim(-1));
}

/// True at [i, j] where pairs i and j are different and of one group.
torch::Tensor same_group(std::span<const std::int64_t> groups, torch::Device device) {
  const torch::Tensor ids =
      torch::from_blob(const_cast<std::int64_t*>(groups.data()),
                       {static_cast<std::int64_t>(groups.size())}, torch::kInt64)
          .to(device);
  const torch::Tensor same = ids.unsqueeze(0).eq(ids.unsqueeze(1)).logical_and(ids.ge(0));
  return same.fill_diagonal_(false);
}

}  // namespace

torch::Tensor contrastive_loss(const torch::Tensor& image_features,
                               const torch::Tensor& text_features, const torch::Tensor& logit_scale,
                               std::span<const std::int64_t> groups) {
  torch::Tensor logits =
      logit_scale.exp() * normalised(image_features).matmul(normalised(text_features).t());
  if (!groups.empty()) {
    logits = logits.masked_fill(same_group(groups, logits.device()),
                                -std::numeric_limits<float>::infinity());
  }
  const torch::Tensor targets =
      torch::arange(logits.size(0), logits.options().dtype(torch::kInt64));
  return 0.5 * (functional::cross_entropy(logits, targets) +
                functional::cross_entropy(logits.t(), targets));
}

torch::Tensor sigmoid_loss(const torch::Tensor& image_features, const torch::Tensor& text_features,
                           const torch::Tensor& logit_scale, const torch::Tensor& logit_bias,
                           std::span<const std::int64_t> groups) {
  const torch::Tensor cosines = normalised(image_features).matmul(normalised(text_features).t());
  const torch::Tensor logits = logit_scale.exp() * cosines + logit_bias;
  const std::int64_t pairs = logits.size(0);
  const torch::Tensor belongs = torch::eye(pairs, logits.options());
  torch::Tensor losses = -torch::log_sigmoid((2.0 * belongs - 1.0) * logits);
  if (!groups.empty()) losses = losses.masked_fill(same_group(groups, logits.device()), 0.0);
  return losses.sum() / pairs;
}

}  // namespace diptych::train
