#pragma once

#include <torch/torch.h>

#include <vector>

#include "libtorch/process_group.h"
#include "network/operations/parameters.h"
#include "tensor/tensor.h"

namespace diptych::libtorch {

/// How a parameter, or what else there is a number of for each of its own, lies in memory: whole,
/// or as a shard of one dimension in each process of a group. Shards are of one size, neighbouring
/// numbers in their order, the last ones filled up with zeros (ZeRO, arXiv 1910.02054, as FSDP).
struct Sharding {
  Shape shape = {};                     ///< of the whole, where there are shards
  const ProcessGroup* group = nullptr;  ///< null: every process has the whole

  explicit operator bool() const { return group != nullptr; }
  /// Returns this process's shard, in memory of its own; of what is whole, itself.
  torch::Tensor shard_of(const torch::Tensor& whole) const;
  /// Returns the same of a stored tensor, as float32 on `device`: nothing else of it is read.
  torch::Tensor shard_from(const TensorView& whole, torch::Device device) const;
  /// Returns the same as part of autograd's graph: the gradient of a number outside the shard is
  /// zero, and the sum of all processes' gradients that of the whole.
  torch::Tensor part_of(const torch::Tensor& whole) const;
  /// Returns the whole of all processes' shards, which all of them ask for; of what is whole,
  /// itself. Where gradients are taken, a shard's is that of the sum of all processes' losses.
  /// Throws as ProcessGroup, also on the way back.
  torch::Tensor whole_of(const torch::Tensor& shard) const;
};

/// Returns how the parameters of a model lie, in the table's order: matrices in shards, and
/// vectors, which are hardly a thousandth, whole. `group`: null for everything whole.
std::vector<Sharding> shardings(const network::ParameterTable& table, const ProcessGroup* group);

}  // namespace diptych::libtorch
