#pragma once

#include <vector>

#include "network/model.h"

namespace diptych::engine {

/// The layers whose weights a model's towers use, each once.
struct LayerList {
  std::vector<network::Linear> linears;
  std::vector<network::Norm> norms;
  std::vector<network::Convolution> convolutions;
  std::vector<network::DepthwiseConvolution> depthwise_convolutions;
  std::vector<network::ParameterId> embeddings;
  std::vector<network::ParameterId> scales;
};

/// Finds them by running the towers with operations that compute nothing, so that a new tower needs
/// no code here.
LayerList list_layers(const network::Model& model);

}  // namespace diptych::engine
