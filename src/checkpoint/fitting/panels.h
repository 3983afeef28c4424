#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Stores the weights [outputs, inputs] of these names as NAME.panels, float32
/// [outputs / width, inputs, width], which is the order that the CPU multiplies them in: a reader
/// that has panels of this width maps the file and computes. `outputs` must be a multiple of
/// `width`. Nothing is computed before it is read; the result refers to the storage of `tensors`.
TensorMap to_panels(const TensorMap& tensors, const std::set<std::string>& names,
                    std::int64_t width);

/// Does the reverse: weights in panels are computed as [outputs, inputs] when they are used under
/// their own names; the panels are taken out of `tensors` and returned by those names. Throws
/// Error(corrupt_data), naming `file`, for panels that are not float32 of three dimensions without
/// a zero, and for a weight that is there both ways.
TensorMap take_panels(TensorMap& tensors, const std::string& file);

}  // namespace diptych::checkpoint
