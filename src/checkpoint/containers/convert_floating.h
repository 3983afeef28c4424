#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Returns whether a dtype is float32, float16, bfloat16 or float64.
bool is_floating(DType dtype);

/// Returns a copy of a tensor of floating-point type as another one. Throws
/// Error(invalid_argument), naming `tensor`, when a finite value would become an infinity.
TensorBuffer convert_floating(const std::string& tensor, const TensorView& view, DType dtype);

/// The same, given to `write` a part at a time, so that a stored tensor takes little memory.
using WriteBytes = std::function<void(std::span<const std::byte>)>;
void convert_floating(const std::string& tensor, const TensorView& view, DType dtype,
                      const WriteBytes& write);

}  // namespace diptych::checkpoint
