#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// How a family's tensor becomes a canonical one. Where several do, each is transformed, and they
/// then lie one after another along their first dimension.
enum class Transform {
  same,       ///< as it is
  reshape,    ///< as it is, but for dimensions of size 1
  batched,    ///< as it is, but there under one more dimension of size 1
  token,      ///< a vector, as it is, but there [1, 1, width]
  transpose,  ///< of a matrix
  stack,      ///< as it is, but there several: q, k, v
  // flax's layouts: inputs before outputs, and attention keeps its heads apart
  heads,        ///< [heads, head width] -> [heads * head width]
  to_heads,     ///< [inputs, heads, head width] -> [heads * head width, inputs]
  from_heads,   ///< [heads, head width, outputs] -> [outputs, heads * head width]
  convolution,  ///< [height, width, inputs, outputs] -> [outputs, inputs, height, width]
  // timm's NaFlex layouts
  patches,  ///< [outputs, side * side * 3], channels last -> [outputs, 3, side, side]
  grid,     ///< as it is, but there [1, rows, columns, width] instead of [rows * columns, width]
  // back to them
  flat_patches,  ///< [outputs, 3, side, side] -> [outputs, side * side * 3], channels last
  square_grid,   ///< [side * side, width] -> [1, side, side, width]
};

/// Returns what makes of a canonical tensor the one that `transform` is for, but for dimensions of
/// size 1; nothing where it cannot be written.
std::optional<Transform> reverse_of(Transform transform);

/// Returns the shape that a transform makes of a tensor's. Of one with another number of dimensions
/// than it is for, a shape that no parameter has: as it is, or a scalar's where that would be a
/// matrix.
Shape transformed_shape(Transform transform, Shape shape);

/// Returns whether elements change their order, so that bytes have to be copied.
bool moves_elements(Transform transform);

/// Writes the transformed elements of a stored tensor, whose shape the transform is for.
void transform_elements(Transform transform, const TensorView& tensor, std::span<std::byte> out);

}  // namespace diptych::checkpoint
