#pragma once

#include "network/config.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Returns the weights of a model with this image tower as EVA-CLIP's own program names them.
TensorMap to_eva_names(const network::EvaTransformerConfig& tower, const TensorMap& weights);

/// Does as open_clip does, over timm's towers.
TensorMap to_timm_eva_names(const network::EvaTransformerConfig& tower, const TensorMap& weights);

}  // namespace diptych::checkpoint
