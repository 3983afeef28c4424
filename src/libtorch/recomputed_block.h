#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace diptych::libtorch {

/// Computes a block's result from its inputs.
using BlockBody = std::function<torch::Tensor(const std::vector<torch::Tensor>& inputs)>;

/// Returns `output`, which `body` gave without gradients, as part of autograd's graph: going back
/// through it computes the block again, under the same autocast, so that between the two only its
/// inputs are held (activation checkpointing, arXiv 1604.06174). `parameters` are those that the
/// body uses. An output of which nothing is to be learnt stays as it is.
torch::Tensor recomputed(const torch::Tensor& output, BlockBody body,
                         std::vector<torch::Tensor> inputs,
                         const std::vector<torch::Tensor>& parameters);

}  // namespace diptych::libtorch
