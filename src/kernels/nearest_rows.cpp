#include "kernels/nearest_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "kernels/aligned_buffer.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/nearest_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/gemm-inl.h"
// clang-format on

#ifndef DIPTYCH_KERNELS_NEAREST_ROWS_CPP
#define DIPTYCH_KERNELS_NEAREST_ROWS_CPP

namespace diptych::kernels {

/// Means of unit length of one sequence's rows.
struct HeadMeans {
  int width;      ///< of a head
  int evens;      ///< how many rows have an even place
  int odds;       ///< and an odd one
  float* even;    ///< [evens, width]
  float* odd;     ///< the others, as panels of columns [width, kPanelWidth]
  float* scores;  ///< [evens, padded odds], the cosines
};

}  // namespace diptych::kernels

#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

/// Writes the cosines of all pairs.
void multiply_means(const HeadMeans& means) {
  const auto stride = static_cast<std::size_t>(padded_width(means.odds));
  for (int panel = 0; panel < panels_for(means.odds); ++panel) {
    multiply_panel({.a = means.even,
                    .a_stride = static_cast<std::size_t>(means.width),
                    .b = means.odd + panel_offset(panel, means.width),
                    .depth = means.width,
                    .c = means.scores + panel_offset(panel, 1),
                    .c_stride = stride},
                   means.evens);
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(multiply_means);

/// Below every cosine.
constexpr float kNothingNear = -2.0F;

/// Writes a row's mean over heads in unit length; of a row of zeros what is no number.
void write_mean(const float* row, int heads, std::span<float> mean) {
  std::fill(mean.begin(), mean.end(), 0.0F);
  for (int head = 0; head < heads; ++head) {
    const float* from = row + static_cast<std::size_t>(head) * mean.size();
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += from[i];
  }
  float squares = 0.0F;
  for (const float value : mean) squares += value * value;
  const float length = std::sqrt(squares);
  for (float& value : mean) value /= length;
}

/// Lays the means of a sequence's rows out in `buffer`.
HeadMeans means_of(ConstMatrixView rows, int heads, AlignedBuffer& buffer) {
  HeadMeans means{.width = rows.width / heads,
                  .evens = (rows.rows + 1) / 2,
                  .odds = rows.rows / 2,
                  .even = nullptr,
                  .odd = nullptr,
                  .scores = nullptr};
  const auto width = static_cast<std::size_t>(means.width);
  const auto padded_odds = static_cast<std::size_t>(padded_width(means.odds));
  const auto evens = static_cast<std::size_t>(means.evens);
  const std::size_t size = padded_odds * width + evens * (padded_odds + width);
  if (buffer.size() < size) buffer = AlignedBuffer(size);
  means.odd = buffer.data();
  means.scores = means.odd + padded_odds * width;
  means.even = means.scores + evens * padded_odds;
  std::fill_n(means.odd, padded_odds * width, 0.0F);
  std::vector<float> mean(width);
  for (int row = 0; row < rows.rows; ++row) {
    write_mean(rows.row(row), heads, mean);
    const int place = row / 2;
    if (row % 2 == 0) {
      std::copy(mean.begin(), mean.end(), means.even + static_cast<std::size_t>(place) * width);
      continue;
    }
    float* column =
        means.odd + panel_offset(place / kPanelWidth, means.width) + place % kPanelWidth;
    for (std::size_t i = 0; i < width; ++i) column[i * kPanelWidth] = mean[i];
  }
  return means;
}

/// Writes the odd row of the largest cosine as entry `place`.
void find_nearest(const HeadMeans& means, int even, std::size_t place, const NearestRows& nearest) {
  const float* scores = means.scores + static_cast<std::size_t>(even) *
                                           static_cast<std::size_t>(padded_width(means.odds));
  std::int32_t best = 0;
  float cosine = kNothingNear;
  for (int odd = 0; odd < means.odds; ++odd) {
    if (!(scores[odd] > cosine)) continue;
    cosine = scores[odd];
    best = 2 * odd + 1;
  }
  nearest.rows[place] = best;
  nearest.cosines[place] = cosine;
}

}  // namespace

void nearest_rows(ConstMatrixView x, int heads, std::span<const std::int32_t> sequences,
                  const NearestRows& nearest, ThreadPool& pool) {
  ensure(!sequences.empty() && sequences.back() == x.rows && x.width % heads == 0 &&
             nearest.rows.size() == nearest.cosines.size(),
         "nearest_rows: shapes fit");
  std::vector<std::size_t> firsts = {0};
  for (std::size_t i = 0; i + 1 < sequences.size(); ++i)
    firsts.push_back(firsts.back() +
                     static_cast<std::size_t>((sequences[i + 1] - sequences[i] + 1) / 2));
  ensure(nearest.rows.size() == firsts.back(), "nearest_rows: an entry for every even place");
  const auto multiply = DIPTYCH_DISPATCH(multiply_means);
  pool.run(sequences.size() - 1, [&](std::size_t i) {
    thread_local AlignedBuffer buffer;
    const int count = sequences[i + 1] - sequences[i];
    const HeadMeans means =
        means_of({x.row(sequences[i]), count, x.width, x.stride}, heads, buffer);
    if (means.odds > 0) multiply(means);
    for (int even = 0; even < means.evens; ++even)
      find_nearest(means, even, firsts[i] + static_cast<std::size_t>(even), nearest);
  });
}

}  // namespace diptych::kernels

#endif
