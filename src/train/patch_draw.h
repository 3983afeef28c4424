#pragma once

#include <cstdint>
#include <optional>

#include "diptych/train_options.h"
#include "network/model.h"
#include "train/batch.h"

namespace diptych::train {

/// Returns how many patches of a picture patch dropout leaves: at least one.
int kept_patches(const TrainOptions& options, const network::Model& model);

/// Returns the patches of a batch's pictures that take part in a step (patch dropout), drawn from
/// the seed, the step and the pairs' places in it alone; none when all of them do.
std::optional<network::PatchSelection> draw_patches(const TrainOptions& options,
                                                    const network::Model& model, const Batch& batch,
                                                    std::int64_t step);

}  // namespace diptych::train
