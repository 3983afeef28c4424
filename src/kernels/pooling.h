#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The mean over size x size places, windows side by side; places at the right and the bottom that
/// fill no window are left out. `out` has (height / size) x (width / size) rows a picture.
void average_pool(ConstMatrix x, const MapShape& shape, int size, Matrix out, ThreadPool& pool);

/// Row i of `out` is the mean of rows [offsets[i], offsets[i + 1]) of x.
void mean_rows(ConstMatrix x, std::span<const std::int32_t> offsets, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
