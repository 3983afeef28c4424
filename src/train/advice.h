#pragma once

#include <string>
#include <vector>

#include "diptych/train_options.h"
#include "network/model.h"
#include "train/schedule.h"

namespace diptych::train {

/// Returns a sentence on each option that is accepted and yet will hardly do what was meant.
/// `starts_anew`: whether the model's weights are random at first.
std::vector<std::string> advice(const TrainOptions& options, const Schedule& schedule,
                                const network::Model& model, bool starts_anew);

}  // namespace diptych::train
