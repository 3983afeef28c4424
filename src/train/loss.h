#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>

namespace diptych::train {

/// CLIP's symmetric contrastive loss (arXiv 2103.00020, figure 3): features [n, width] of pictures
/// and their texts are normalised, their cosine similarities scaled by exp(logit_scale), and
/// cross-entropy taken over rows and over columns with the diagonal as target, averaged.
///
/// `groups`, one a pair, or empty: two different pairs of one group (captions of one picture,
/// pictures of one concept) are not each other's negatives. A negative group number is a group of
/// its own.
torch::Tensor contrastive_loss(const torch::Tensor& image_features,
                               const torch::Tensor& text_features, const torch::Tensor& logit_scale,
                               std::span<const std::int64_t> groups = {});

}  // namespace diptych::train
