#pragma once

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// How a grid of positions is interpolated for a grid of another side, each as one program does it.
/// All are bicubic (Keys, IEEE TASSP 29, 1981).
enum class GridResize {
  antialiased,  ///< a = -0.5, wider where the grid shrinks, as pictures are resized: open_clip,
                ///< timm
  aligned,      ///< a = -0.75, the corners of both grids on each other: Chinese-CLIP
  plain,        ///< a = -0.75, the edges of both grids on each other: EVA-CLIP, transformers
};

/// Returns whether a tensor can be the position table of an image tower: [first + side * side,
/// width] of floating-point type, after `first` rows of tokens that have no place in the grid.
bool is_position_table(const TensorView& tensor, int first = 1);

/// Returns the position table of an image tower for a grid of another side: the first rows as they
/// are, the others interpolated. Keeps the dtype, a floating-point one. Throws
/// Error(out_of_memory).
TensorBuffer resize_grid(const TensorView& table, int grid, GridResize how, int first = 1);

/// Returns the position table of a text tower, [context, width], for another context length:
/// interpolated linearly, as open_clip does. Keeps the dtype. Throws Error(out_of_memory).
TensorBuffer resize_row(const TensorView& table, int context_length);

}  // namespace diptych::checkpoint
