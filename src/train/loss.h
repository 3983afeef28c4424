#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>

namespace diptych::train {

/// Returns CLIP's symmetric contrastive loss (arXiv 2103.00020, figure 3): features [n, width] of
/// pictures and their texts are normalised, their cosine similarities scaled by exp(logit_scale),
/// and cross-entropy taken over rows and over columns with the diagonal as target, averaged.
///
/// `groups`, one a pair, or empty: two different pairs of one group (captions of one picture,
/// pictures of one concept) are not each other's negatives. A negative group number is a group of
/// its own.
///
/// `label_smoothing`, 0 to below 1: this part of every target is spread evenly over all texts
/// (pictures) that are not left out.
///
/// The similarities are computed a tile at a time and again for the gradients: memory is O(n),
/// forward and backward.
torch::Tensor contrastive_loss(const torch::Tensor& image_features,
                               const torch::Tensor& text_features, const torch::Tensor& logit_scale,
                               std::span<const std::int64_t> groups = {},
                               double label_smoothing = 0.0);

/// Returns SigLIP's loss (arXiv 2303.15343, algorithm 1): every pairing of a picture and a text is
/// a question of its own, answered by exp(logit_scale) x cosine similarity + logit_bias. The sum
/// over all pairings of -log sigmoid(answer), negated where they do not belong together, divided by
/// n.
///
/// `groups` as above: pairings of different pairs of one group do not count. Memory as above.
torch::Tensor sigmoid_loss(const torch::Tensor& image_features, const torch::Tensor& text_features,
                           const torch::Tensor& logit_scale, const torch::Tensor& logit_bias,
                           std::span<const std::int64_t> groups = {});

}  // namespace diptych::train
