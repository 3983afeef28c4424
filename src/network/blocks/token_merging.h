#pragma once

#include <span>
#include <utility>
#include <vector>

#include "network/blocks/residual_block.h"
#include "network/operations/operations.h"

namespace diptych::network {

/// Token merging (ToMe, arXiv 2210.09461): after the attention of a block some rows of every
/// picture become the mean of themselves and the row that is most like them, by their keys. What is
/// left stands for all of them: a row counts in attention as often as it has rows in it
/// (proportional attention).
class MergedRows {
 public:
  /// Begins with every row by itself. Where `class_token`, the first one of a sequence stays so.
  MergedRows(Sequences sequences, bool class_token);

  /// Merges `count` rows of every sequence into others, or as many as there are to choose from:
  /// half of those that may be merged. `nearest` as Operations::nearest_rows gives it. Returns how
  /// the rows that are left are made of those before: in order those at even places that were not
  /// merged, then those at odd places, as the reference orders them.
  RowMixture merge(std::span<const NearestRow> nearest, int count);

  const Sequences& sequences() const { return sequences_; }
  /// Returns how many of the first rows each stands for.
  const std::vector<float>& sizes() const { return sizes_; }
  /// Returns the logarithms of the sizes, which count a key as often as it has rows in it.
  std::vector<float> key_bias() const;

 private:
  Sequences sequences_;
  std::vector<float> sizes_;
  bool class_token_;
};

/// Returns a pattern in which a key counts as often as it has rows in it.
AttentionPattern proportional(AttentionPattern pattern, const MergedRows& rows);

/// Computes a block, and merges `count` rows of every sequence between its attention and its MLP.
/// Without gradients.
template <SequenceOperations Ops>
typename Ops::Tensor merging_block(Ops& ops, const ResidualBlock& block,
                                   const typename Ops::Tensor& x, MergedRows& rows, int count) {
  const int width = block.norm_1.width;
  const auto pattern =
      ops.pattern(proportional(AttentionPattern::within(rows.sequences(), Mask::full), rows));
  const auto qkv =
      ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
  const auto key = ops.columns(qkv, width, width);
  const auto attended = ops.attention(ops.columns(qkv, 0, width), key,
                                      ops.columns(qkv, 2 * width, width), block.heads, pattern);
  const auto nearest = ops.nearest_rows(key, block.heads, rows.sequences());
  const auto y = add_attention(ops, block, x, attended);
  return add_mlp(ops, block, ops.mix_rows(y, rows.merge(nearest, count)));
}

}  // namespace diptych::network
