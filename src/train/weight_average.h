#pragma once

#include <vector>

#include "libtorch/parameters.h"
#include "libtorch/sharding.h"
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

  /// Saves it, under "optimizer." names. `shardings`: how the parameters lie, as state_of takes it.
  void save(const network::ParameterTable& table, TensorMap& map,
            const std::vector<libtorch::Sharding>& shardings = {}) const;
  /// Throws as SavedState::restore.
  void load(const network::ParameterTable& table, SavedState& saved,
            const std::vector<libtorch::Sharding>& shardings = {});

 private:
  State state(const network::ParameterTable& table,
              const std::vector<libtorch::Sharding>& shardings) const;

  double decay_;
  libtorch::Parameters average_;
  torch::Tensor steps_;  ///< taken in, a scalar
};

}  // namespace diptych::train
