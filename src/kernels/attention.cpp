#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "kernels/aligned_buffer.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
#include "kernels/gemm-inl.h"
// clang-format on

#ifndef DIPTYCH_KERNELS_ATTENTION_CPP
#define DIPTYCH_KERNELS_ATTENTION_CPP

namespace diptych::kernels {

/// Queries handled together: enough to use packed keys well, few enough for their scores to stay in
/// cache.
constexpr int kQueryBlock = 64;

/// Where the keys of a sequence lie.
struct KeyRows {
  const std::int32_t* rows;  ///< null: one after the other from `first` on
  int first;
  int count;

  int operator[](int i) const { return rows == nullptr ? first + i : rows[i]; }
};

/// One head of one sequence.
struct AttentionHead {
  ConstMatrixView query;
  ConstMatrixView key;    ///< rows of all sequences
  ConstMatrixView value;  ///< rows of all sequences
  KeyRows keys;
  MatrixView out;
  bool causal;
  const float* key_bias;  ///< one a key; null: none

  /// How many keys the query at a place sees.
  int visible(int place) const {
    const int before = std::max(keys.count - query.rows, 0);
    return causal ? std::min(before + place + 1, keys.count) : keys.count;
  }
};

/// Memory for one head, taken from `floats`.
struct AttentionScratch {
  float* keys;    ///< panels of keys, each [head width, kPanelWidth]
  float* values;  ///< panels of columns, each [keys, kPanelWidth]
  float* scores;  ///< [kQueryBlock, padded keys]
  float* mixed;   ///< [kQueryBlock, padded head width], where that is not the width itself

  static std::size_t size(int keys, int width) {
    const auto padded_keys = static_cast<std::size_t>(padded_width(keys));
    const auto padded = static_cast<std::size_t>(padded_width(width));
    return padded_keys * static_cast<std::size_t>(width) + static_cast<std::size_t>(keys) * padded +
           kQueryBlock * (padded_keys + padded);
  }

  AttentionScratch(float* floats, int key_count, int width) : keys(floats) {
    const auto padded_keys = static_cast<std::size_t>(padded_width(key_count));
    const auto padded = static_cast<std::size_t>(padded_width(width));
    scores = keys + padded_keys * static_cast<std::size_t>(width);
    mixed = scores + kQueryBlock * padded_keys;
    values = mixed + kQueryBlock * padded;
  }
};

}  // namespace diptych::kernels

#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Asks for what the next head has in this row: it follows this head's values, and rows are too far
/// apart for the processor to foresee it.
HWY_INLINE void prefetch_next_head(const float* row, int width) {
  constexpr int kLine = 16;
  constexpr int kIntoSecondLevel = 2;
  for (int i = 0; i < width; i += kLine) __builtin_prefetch(row + width + i, 0, kIntoSecondLevel);
}

/// Writes four rows as the first four columns of `out` [width, kPanelWidth].
HWY_INLINE void transpose_four(const float* const* rows, int width, float* out) {
  int c = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> d;
  for (; c + 4 <= width; c += 4) {
    const auto r0 = hn::LoadU(d, rows[0] + c);
    const auto r1 = hn::LoadU(d, rows[1] + c);
    const auto r2 = hn::LoadU(d, rows[2] + c);
    const auto r3 = hn::LoadU(d, rows[3] + c);
    const auto left_01 = hn::InterleaveLower(d, r0, r1);
    const auto left_23 = hn::InterleaveLower(d, r2, r3);
    const auto right_01 = hn::InterleaveUpper(d, r0, r1);
    const auto right_23 = hn::InterleaveUpper(d, r2, r3);
    float* to = out + panel_offset(1, c);
    hn::StoreU(hn::ConcatLowerLower(d, left_23, left_01), d, to);
    hn::StoreU(hn::ConcatUpperUpper(d, left_23, left_01), d, to + kPanelWidth);
    hn::StoreU(hn::ConcatLowerLower(d, right_23, right_01), d, to + 2 * kPanelWidth);
    hn::StoreU(hn::ConcatUpperUpper(d, right_23, right_01), d, to + 3 * kPanelWidth);
  }
#endif
  for (; c < width; ++c) {
    for (int i = 0; i < 4; ++i) out[panel_offset(1, c) + static_cast<std::size_t>(i)] = rows[i][c];
  }
}

/// Keys become columns; the last panel is filled up with the last key, whose scores nobody reads.
void pack_keys(ConstMatrixView key, const KeyRows& keys, float* out) {
  for (int first = 0; first < panels_for(keys.count) * kPanelWidth; first += 4) {
    const float* rows[4];
    for (int i = 0; i < 4; ++i) {
      rows[i] = key.row(keys[std::min(first + i, keys.count - 1)]);
      if (first + i < keys.count) prefetch_next_head(rows[i], key.width);
    }
    transpose_four(rows, key.width,
                   out + panel_offset(first / kPanelWidth, key.width) + first % kPanelWidth);
  }
}

/// Copies a panel's columns of a row, `count` of them, and zeros where there are no more.
HWY_INLINE void copy_panel_row(const float* from, int count, float* to) {
  const hn::CappedTag<float, 16> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  if (count == kPanelWidth) {
    for (int i = 0; i < kPanelWidth; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    return;
  }
  std::copy_n(from, count, to);
  std::fill(to + count, to + kPanelWidth, 0.0F);
}

void pack_values(ConstMatrixView value, const KeyRows& keys, float* out) {
  for (int i = 0; i < keys.count; ++i) {
    const float* row = value.row(keys[i]);
    prefetch_next_head(row, value.width);
    for (int panel = 0; panel < panels_for(value.width); ++panel) {
      const int first = panel * kPanelWidth;
      copy_panel_row(row + first, std::min(kPanelWidth, value.width - first),
                     out + panel_offset(panel, keys.count) + panel_offset(1, i));
    }
  }
}

/// Adds what each key's score has besides, before it is multiplied with `scale`.
void add_key_bias(float* scores, const float* bias, int count, float scale) {
  for (int i = 0; i < count; ++i) scores[i] += bias[i] / scale;
}

/// Replaces the first `visible` scores by softmax(scale * scores) and those up to `count` by zero.
/// A row has room to the next multiple of kPanelWidth.
void softmax_row(float* scores, int visible, int count, float scale) {
  const hn::CappedTag<float, kPanelWidth> d;
  using V = hn::Vec<decltype(d)>;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const int used = (visible + lanes - 1) / lanes * lanes;
  std::fill(scores + visible, scores + used, -std::numeric_limits<float>::infinity());
  V maxima = hn::LoadU(d, scores);
  for (int i = lanes; i < used; i += lanes) maxima = hn::Max(maxima, hn::LoadU(d, scores + i));
  const V maximum = hn::MaxOfLanes(d, maxima);
  V sums = hn::Zero(d);
  for (int i = 0; i < used; i += lanes) {
    const V shifted = hn::Mul(hn::Sub(hn::LoadU(d, scores + i), maximum), hn::Set(d, scale));
    // Below this exp is as good as zero; minus infinity itself is outside its domain.
    const V e = hn::IfThenElseZero(hn::Gt(shifted, hn::Set(d, -87.0F)), hn::Exp(d, shifted));
    sums = hn::Add(sums, e);
    hn::StoreU(e, d, scores + i);
  }
  const V factor = hn::Div(hn::Set(d, 1.0F), hn::SumOfLanes(d, sums));
  for (int i = 0; i < used; i += lanes)
    hn::StoreU(hn::Mul(hn::LoadU(d, scores + i), factor), d, scores + i);
  if (used < count) std::fill(scores + used, scores + count, 0.0F);
}

/// Queries [first, first + count) against the first `keys` keys, all that they see.
void attend_queries(const AttentionHead& head, const AttentionScratch& scratch, int first,
                    int count, int keys) {
  const auto score_stride = static_cast<std::size_t>(padded_width(head.keys.count));
  // Whole panels of columns are written where they belong.
  const bool whole = head.out.width % kPanelWidth == 0;
  float* const mixed = whole ? head.out.row(first) : scratch.mixed;
  const auto mixed_stride =
      whole ? head.out.stride : static_cast<std::size_t>(padded_width(head.out.width));
  for (int i = 0; i < count; ++i) prefetch_next_head(head.query.row(first + i), head.query.width);
  for (int panel = 0; panel < panels_for(keys); ++panel) {
    multiply_panel({.a = head.query.row(first),
                    .a_stride = head.query.stride,
                    .b = scratch.keys + panel_offset(panel, head.key.width),
                    .depth = head.key.width,
                    .c = scratch.scores + panel_offset(panel, 1),
                    .c_stride = score_stride},
                   count);
  }
  const float scale = 1.0F / std::sqrt(static_cast<float>(head.key.width));
  for (int i = 0; i < count; ++i) {
    float* const scores = scratch.scores + static_cast<std::size_t>(i) * score_stride;
    if (head.key_bias != nullptr) add_key_bias(scores, head.key_bias, keys, scale);
    softmax_row(scores, head.visible(first + i), keys, scale);
  }
  for (int panel = 0; panel < panels_for(head.value.width); ++panel) {
    multiply_panel({.a = scratch.scores,
                    .a_stride = score_stride,
                    .b = scratch.values + panel_offset(panel, head.keys.count),
                    .depth = keys,
                    .c = mixed + panel_offset(panel, 1),
                    .c_stride = mixed_stride},
                   count);
  }
  if (whole) return;
  for (int i = 0; i < count; ++i)
    std::copy_n(scratch.mixed + static_cast<std::size_t>(i) * mixed_stride, head.out.width,
                head.out.row(first + i));
}

void attend(const AttentionHead& head, const AttentionScratch& scratch) {
  pack_keys(head.key, head.keys, scratch.keys);
  pack_values(head.value, head.keys, scratch.values);
  // Equal blocks: a few queries alone would leave the processor waiting for its own sums.
  const int blocks = (head.query.rows + kQueryBlock - 1) / kQueryBlock;
  for (int block = 0, first = 0; block < blocks; ++block) {
    const int count = (head.query.rows - first) / (blocks - block);
    attend_queries(head, scratch, first, count, head.visible(first + count - 1));
    first += count;
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(attend);

template <typename Float>
BasicMatrixView<Float> part(BasicMatrixView<Float> matrix, int first_row, int last_row,
                            int first_column, int width) {
  return {matrix.row(first_row) + first_column, last_row - first_row, width, matrix.stride};
}

/// The columns of a head.
ConstMatrixView head_columns(ConstMatrixView matrix, int first_column, int width) {
  return part(matrix, 0, matrix.rows, first_column, width);
}

KeyRows keys_of(const AttentionPattern& pattern, std::size_t sequence) {
  const std::int32_t first = pattern.keys[sequence];
  return {.rows = pattern.key_rows.empty() ? nullptr : pattern.key_rows.data() + first,
          .first = first,
          .count = pattern.keys[sequence + 1] - first};
}

/// This thread's scratch memory, at least `size` floats; it grows and stays.
float* scratch_memory(std::size_t size) {
  thread_local AlignedBuffer buffer;
  if (buffer.size() < size) buffer = AlignedBuffer(size);
  return buffer.data();
}

}  // namespace

void attention(ConstMatrixView query, ConstMatrixView key, ConstMatrixView value, int heads,
               const AttentionPattern& pattern, MatrixView out, ThreadPool& pool) {
  ensure(pattern.queries.size() == pattern.keys.size() && !pattern.queries.empty(),
         "attention: as many query as key sequences");
  ensure(query.width == key.width && value.width == key.width && out.width == key.width &&
             key.width % heads == 0,
         "attention: widths fit");
  ensure(pattern.key_bias.empty() ||
             (!pattern.causal &&
              pattern.key_bias.size() == static_cast<std::size_t>(pattern.keys.back())),
         "attention: a bias for every key");
  const std::size_t sequences = pattern.queries.size() - 1;
  const int width = key.width / heads;
  const auto attend_head = DIPTYCH_DISPATCH(attend);
  pool.run(sequences * static_cast<std::size_t>(heads), [&](std::size_t task) {
    const std::size_t i = task / static_cast<std::size_t>(heads);
    const int column = static_cast<int>(task % static_cast<std::size_t>(heads)) * width;
    const KeyRows keys = keys_of(pattern, i);
    if (keys.count == 0) return;
    const int first = pattern.queries[i];
    const int last = pattern.queries[i + 1];
    const AttentionScratch scratch(scratch_memory(AttentionScratch::size(keys.count, width)),
                                   keys.count, width);
    attend_head({.query = part(query, first, last, column, width),
                 .key = head_columns(key, column, width),
                 .value = head_columns(value, column, width),
                 .keys = keys,
                 .out = part(out, first, last, column, width),
                 .causal = pattern.causal,
                 .key_bias = pattern.key_bias.empty() ? nullptr
                                                      : pattern.key_bias.data() + pattern.keys[i]},
                scratch);
  });
}

}  // namespace diptych::kernels

#endif
