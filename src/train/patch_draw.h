#pragma once

#include <cstdint>
#include <optional>

#include "diptych/train_options.h"
#include "network/model.h"

namespace diptych::train {

/// Returns the patches that take part in a step (patch dropout), drawn from the seed and the step
/// alone; none when all of them do.
std::optional<network::PatchSelection> draw_patches(const TrainOptions& options,
                                                    const network::Model& model, int pictures,
                                                    std::int64_t step);

}  // namespace diptych::train
