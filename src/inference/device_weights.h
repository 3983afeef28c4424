#pragma once

#include <torch/torch.h>

#include "diptych/packed_model.h"
#include "libtorch/parameters.h"
#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych::inference {

/// Puts a checkpoint's weights on a device in a precision (fp32, bf16 or fp16; batch normalisation
/// stays in float32), a tensor at a time. Throws Error, naming a parameter: invalid_argument for
/// one that is missing or has another shape, corrupt_data for one that is not finite or becomes so
/// in this precision; unsupported for int8.
libtorch::Parameters device_weights(const network::Model& model, const TensorMap& checkpoint,
                                    torch::Device device, Precision precision);

}  // namespace diptych::inference
