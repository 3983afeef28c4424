#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "libtorch/parameters.h"
#include "network/operations/parameters.h"
#include "train/saved_state.h"

namespace diptych::train {

/// A matrix W [outputs, inputs] to which a product of low rank is added (LoRA, arXiv 2106.09685): W
/// + scale B A with A [rank, inputs] and B [outputs, rank]. A matrix that stacks several, as of
/// query, key and value, has a product for each of them.
struct AdapterSpec {
  network::ParameterId parameter = network::kAbsent;
  int parts = 1;  ///< stacked matrices
  int rank = 1;   ///< of each of their products
};

/// Returns how many matrices a parameter stacks that an adapter changes: those of query, key,
/// value, output and MLP in numbered blocks; zero for all other parameters.
int adapted_parts(const network::ParameterSpec& spec);

/// Returns the names of what an adapter adds, A and B.
std::array<std::string, 2> adapter_names(const network::ParameterTable& table,
                                         const AdapterSpec& spec);

/// Returns the rank that any of the adapter's matrices has at most: a larger one adds nothing.
int full_rank(const network::ParameterTable& table, const AdapterSpec& spec);

/// Returns how many numbers an adapter has.
std::int64_t numbers_of(const network::ParameterTable& table, const AdapterSpec& spec);

/// Returns whether a parameter of this name is an adapter's.
bool is_adapter(const std::string& name);

/// The adapters of a model that is being trained: what is learnt in place of the matrices that they
/// change.
class Adapters {
 public:
  Adapters() = default;
  /// A as a linear layer's weights start in PyTorch, from `random`; B zero, so that nothing is
  /// changed at first. `alpha`: the scale times the rank; zero: the rank.
  Adapters(const network::ParameterTable& table, std::vector<AdapterSpec> specs, double alpha,
           Random& random, torch::Device device);

  bool empty() const { return specs_.empty(); }

  /// Names, shapes [parts, rank, inputs] and [parts, outputs, rank], and tensors of all A and B, in
  /// one order.
  const network::ParameterTable& table() const { return table_; }
  const libtorch::Parameters& parameters() const { return parameters_; }

  /// Returns the model's parameters with what the adapters add, as part of autograd's graph.
  /// `shardings`: how the model's parameters lie. Of what is added to a shard, the gradients of A
  /// and B are to be summed over all processes.
  libtorch::Parameters applied_to(const libtorch::Parameters& parameters,
                                  const std::vector<libtorch::Sharding>& shardings) const;

  /// Saves the matrices as they were before, and all A and B, under "optimizer." names: `map` has
  /// sums. What lies in shards as add_state does.
  void save(const network::ParameterTable& table, const libtorch::Parameters& parameters,
            const std::vector<libtorch::Sharding>& shardings, TensorMap& map) const;
  /// Reads what `save` wrote; `parameters` have the sums, which is what adapters that start afresh
  /// start from. Throws as SavedState::restore.
  void load(const network::ParameterTable& table, libtorch::Parameters& parameters,
            const std::vector<libtorch::Sharding>& shardings, SavedState& saved);

 private:
  double scale_of(const AdapterSpec& spec) const { return alpha_ > 0.0 ? alpha_ / spec.rank : 1.0; }

  std::vector<AdapterSpec> specs_;
  double alpha_ = 0.0;
  network::ParameterTable table_;
  libtorch::Parameters parameters_;
};

}  // namespace diptych::train
