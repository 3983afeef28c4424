#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The mean over what the window sees of the picture: its padding does not count. `out` has
/// window.output(shape).rows() rows.
void average_pool(ConstMatrix x, const MapShape& shape, const Window& window, Matrix out,
                  ThreadPool& pool);

/// Row i of `out` is the mean of rows [offsets[i], offsets[i + 1]) of x.
void mean_rows(ConstMatrix x, std::span<const std::int32_t> offsets, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
