#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "libtorch/sharding.h"
#include "network/operations/parameters.h"
#include "tensor/tensor.h"

namespace diptych::libtorch {

/// One float32 tensor on `device` a parameter, in the table's order; trained ones require
/// gradients. Those that are made here lie as `shardings` says (in the table's order; empty: all of
/// them whole), and no more than one of those that are shards is ever whole.
using Parameters = std::vector<torch::Tensor>;

/// Draws parameters as the table's initialisers say, from `random`.
Parameters initial_parameters(const network::ParameterTable& table, Random& random,
                              torch::Device device, const std::vector<Sharding>& shardings = {});

/// Takes parameters from named tensors of any floating-point type. Throws Error(invalid_argument)
/// naming what is missing or has another shape.
Parameters parameters_from(const network::ParameterTable& table, const TensorMap& tensors,
                           torch::Device device, const std::vector<Sharding>& shardings = {});

/// Makes zeros, for what is about to be loaded.
Parameters zero_parameters(const network::ParameterTable& table, torch::Device device,
                           const std::vector<Sharding>& shardings = {});

/// Returns whether all its elements are finite numbers.
bool all_finite(const torch::Tensor& tensor);

/// Returns a copy of a tensor of any device as float32 on the host, and back.
TensorBuffer to_buffer(const torch::Tensor& tensor);
torch::Tensor to_torch(const TensorView& view, torch::Device device);

}  // namespace diptych::libtorch
