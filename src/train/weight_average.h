#pragma once

#include "libtorch/parameters.h"
#include "network/operations/parameters.h"
#include "train/saved_state.h"

namespace diptych::train {

/// An exponential moving average of a model's weights and running statistics.
class WeightAverage {
 public:
  /// Begins at `parameters`. `decay`: how much of the average a step leaves, 0 to below 1; less at
  /// first, (1 + n) / (10 + n) after n steps, or the beginning would weigh too much. Zero: no
  /// average.
  WeightAverage(const libtorch::Parameters& parameters, double decay);

  bool empty() const { return average_.empty(); }
  /// Takes in the weights after a step.
  void add(const libtorch::Parameters& parameters);
  const libtorch::Parameters& parameters() const { return average_; }

  /// Saves it, under "optimizer." names.
  void save(const network::ParameterTable& table, TensorMap& map) const;
  /// Throws as SavedState::restore.
  void load(const network::ParameterTable& table, SavedState& saved);

 private:
  double decay_;
  libtorch::Parameters average_;
  torch::Tensor steps_;  ///< taken in, a scalar
};

}  // namespace diptych::train
