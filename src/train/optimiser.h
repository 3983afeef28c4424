#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/parameters.h"

namespace diptych::train {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  /// Decoupled decay of matrices; gains, biases and other parameters of fewer than two dimensions
  /// have none.
  double weight_decay = 0.2;
  /// Largest L2 norm of all gradients together; zero: not clipped.
  double gradient_clip_norm = 0.0;
};

/// AdamW (arXiv 1711.05101) over the trained parameters of a model.
class AdamW {
 public:
  AdamW(const network::ParameterTable& table, Parameters& parameters, const AdamWOptions& options);

  void zero_gradients();
  /// Clips, then moves the parameters that have a gradient; the others are not decayed either.
  /// Returns the gradients' norm before clipping.
  double step(double learning_rate);

  /// The names of the parameters without a gradient.
  std::vector<std::string> untouched() const;
  /// Whether all moments are finite numbers.
  bool is_finite() const;

  /// The moments and the number of steps done, under "optimizer." names.
  void save(TensorMap& map) const;
  /// Throws Error(corrupt_data) when `map` lacks them.
  void load(const TensorMap& map);

 private:
  struct Group {
    double weight_decay;
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> first_moments;
    std::vector<torch::Tensor> second_moments;
    std::vector<torch::Tensor> steps;
    std::vector<std::string> names;
  };
  double clip_gradients();
  void move(const Group& group, double learning_rate) const;

  AdamWOptions options_;
  std::vector<Group> groups_;
};

}  // namespace diptych::train
