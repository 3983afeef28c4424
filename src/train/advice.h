#pragma once

#include <string>
#include <vector>

#include "diptych/train_options.h"

namespace diptych::train {

/// A sentence on each option that is accepted and yet will hardly do what was meant.
std::vector<std::string> advice(const TrainOptions& options, std::int64_t total_steps);

}  // namespace diptych::train
