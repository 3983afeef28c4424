#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libtorch/sharding.h"
#include "tensor/tensor.h"

namespace diptych::train {

enum class Rule {
  adamw,        ///< arXiv 1711.05101
  stableadamw,  ///< AdamW with Adafactor's clipping of updates (arXiv 2304.13013, algorithm 2)
  lamb,         ///< arXiv 1904.00962, as NVIDIA's: moments debiased, no trust without decay
  lion,         ///< arXiv 2302.06675; one moment
  muon,         ///< orthogonalised momentum of matrices (arXiv 2502.16982); one moment
};

/// A parameter and what its rule remembers of the gradients.
struct MovedParameter {
  std::string name;
  torch::Tensor value;
  torch::Tensor first_moment;
  torch::Tensor second_moment;       ///< undefined where the rule has one moment
  libtorch::Sharding sharding = {};  ///< of all of them, and of the gradient

  /// Returns the sum of a number of each shard, or the number of what is whole.
  double sum_of_shards(double of_shard) const {
    return sharding ? sharding.group->sum(of_shard) : of_shard;
  }
  /// Returns how many numbers the whole has.
  std::int64_t numbers() const { return sharding ? element_count(sharding.shape) : value.numel(); }
  /// Returns the norm of a whole of which this is what lies here.
  double norm_of(const torch::Tensor& part) const;
};

struct RuleOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  double momentum = 0.95;
};

/// How a step moves parameters. All processes that have shards of them call it together. Without
/// state: what is remembered lies with the parameters.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  virtual bool has_second_moment() const { return true; }
  /// Moves parameters. `steps`: how many there were with this one, a scalar tensor beside the
  /// parameters. All of `parameters` have a gradient.
  virtual void move(const std::vector<MovedParameter>& parameters, const torch::Tensor& steps,
                    double learning_rate, double weight_decay) const = 0;
};

std::unique_ptr<UpdateRule> make_update_rule(Rule rule, const RuleOptions& options);

/// Returns whether Muon moves a parameter of this name and so many dimensions: a matrix (or
/// convolution) of a block, no embedding and no vector.
bool suits_muon(const std::string& name, std::size_t dimensions);

}  // namespace diptych::train
