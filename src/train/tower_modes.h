#pragma once

#include <cstdint>
#include <vector>

#include "diptych/train_options.h"
#include "network/model.h"
#include "train/adapters.h"

namespace diptych::train {

/// What of a model is trained.
struct TrainedPart {
  std::vector<bool> parameters;  ///< whether each of the table is, by itself
  std::vector<AdapterSpec> adapters;
};

/// Returns what the options say of each tower. Throws Error(invalid_argument) for unlocked groups
/// that a tower does not have, and for adapters of one without blocks of matrices, or of a rank
/// that none of these has.
TrainedPart trained_part(const TrainOptions& options, const network::Model& model);

/// Returns how many numbers a model has, but for running statistics.
std::uint64_t count_parameters(const network::ParameterTable& table);

/// Returns how many are trained.
std::uint64_t count_trained(const network::ParameterTable& table, const TrainedPart& part);

/// Takes all other parameters out of training: they no longer require gradients.
void lock_others(const TrainedPart& part, libtorch::Parameters& parameters);

}  // namespace diptych::train
