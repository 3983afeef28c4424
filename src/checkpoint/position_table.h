#pragma once

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Whether a tensor can be the position table of an image tower: [1 + side * side, width] of
/// floating-point type, the class token's row first.
bool is_position_table(const TensorView& tensor);

/// The position table of an image tower, for a grid of another side: the class token's row as it
/// is, and the others interpolated bicubically with the corners of both grids on each other, as
/// Chinese-CLIP does. Keeps the dtype, a floating-point one. Throws Error(out_of_memory).
TensorBuffer resize_aligned(const TensorView& table, int grid);

}  // namespace diptych::checkpoint
