#pragma once

#include <cstddef>
#include <span>

#include "tensor/tensor.h"

namespace diptych {

/// Returns the largest magnitude of dense elements: infinity where one is NaN or infinite, 0 where
/// there are none and for types that are not floating-point.
double largest_magnitude(std::span<const std::byte> elements, DType dtype);

/// Returns whether none of the elements, dense and of a floating-point type, is NaN or infinite;
/// true for other types.
bool all_finite(std::span<const std::byte> elements, DType dtype);

/// Does the same of a tensor, which is computed where it is not stored. Throws
/// Error(out_of_memory).
bool all_finite(const TensorView& tensor);

}  // namespace diptych
