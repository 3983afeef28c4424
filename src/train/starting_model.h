#pragma once

#include <memory>

#include "diptych/tokenizer.h"
#include "diptych/train_options.h"
#include "train/learner.h"
#include "train/model_source.h"

namespace diptych::train {

/// The model with what the options state of it: tokenizer, background, a bias on scores.
checkpoint::ModelFile starting_model(const TrainOptions& options, const ModelSource& source);

/// Throws Error: unsupported when the model comes without one, invalid_argument when it has more
/// ids than the text tower.
std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::ModelFile& file);

/// Throws Error(invalid_argument), in one line, for a device that this libtorch cannot use.
torch::Device device_of(const std::string& device);

/// The model as it stands before the first step.
std::unique_ptr<Learner> make_learner(const TrainOptions& options,
                                      const checkpoint::ModelFile& file);

}  // namespace diptych::train
