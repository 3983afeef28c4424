#pragma once

#include <string>

#include "network/config.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Puts the fused layers of network::FastVit in the place of timm's tensors under visual.trunk:
/// parallel branches, batch normalisations, skip connections and layer scales become one layer
/// each, of float32. Throws Error(invalid_argument), naming the tensor, for one that is missing or
/// has another shape than the config asks for. `file` is for messages.
void fuse_fastvit(const network::FastVitConfig& config, int embedding_width, TensorMap& tensors,
                  const std::string& file);

}  // namespace diptych::checkpoint
