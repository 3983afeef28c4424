#pragma once

#include <string>

#include "network/quantisation.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Stores the weights [outputs, ...] that `quantisation` names in eight bits: whole numbers up to
/// 127 as int8 under the same name, with NAME.int8_scale, float32 [outputs], and where the layer's
/// inputs are multiplied by something NAME.int8_input_factor, float32 [inputs]. The other tensors
/// become bfloat16. Takes the memory of the result. Throws Error(invalid_argument) for numbers that
/// bfloat16 does not hold.
TensorMap quantise(const TensorMap& tensors, const network::Quantisation& quantisation);

/// Does the reverse: what is in eight bits is computed as float32 when it is used, and what says so
/// is taken out of `tensors` and returned. Throws Error(corrupt_data), naming `file`, for a scale
/// or factor without its weight, that does not fit it, or that is no positive number.
network::Quantisation dequantise(TensorMap& tensors, const std::string& file);

}  // namespace diptych::checkpoint
