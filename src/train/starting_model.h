#pragma once

#include <memory>
#include <string>
#include <vector>

#include "diptych/tokenizer.h"
#include "diptych/train_options.h"
#include "train/learner.h"
#include "train/model_reader.h"
#include "train/teacher.h"

namespace diptych::train {

/// Returns the model with what the options state of it: tokenizer, background, a bias on scores.
/// Throws Error: invalid_argument for options that the model cannot have; as check_memory, to which
/// `group` goes. What is unexpected is added to `notes`, a sentence each.
checkpoint::ModelFile starting_model(const TrainOptions& options, const ModelReader& source,
                                     const libtorch::ProcessGroup* group,
                                     std::vector<std::string>* notes = nullptr);

/// Makes the model's tokenizer, called `name` in messages. Throws Error: unsupported when the model
/// comes without one, invalid_argument when it has more ids than the text tower.
std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::ModelFile& file,
                                              const std::string& name);

/// Returns what a run's tokenizer is called in messages.
std::string tokenizer_name(const TrainOptions& options);

/// Returns whether batch normalisation goes by its running statistics and keeps them.
bool keeps_image_statistics(const TrainOptions& options);

/// What weights a learner has at first.
enum class FirstWeights {
  of_the_model,  ///< the file's, or where it has none, random ones
  zeros,         ///< for those of a checkpoint, which will be loaded
};

/// Makes the learner. `samples`: how many the data has. `teacher`: whom the options name, or none.
/// `group`: as LearnerOptions. Both must outlive the learner.
std::unique_ptr<Learner> make_learner(const TrainOptions& options,
                                      const checkpoint::ModelFile& file, FirstWeights weights,
                                      std::size_t samples, const Teacher* teacher,
                                      const libtorch::StopCheck& stop = {},
                                      const libtorch::ProcessGroup* group = nullptr);

/// Returns the teacher that the options name; null for none.
std::unique_ptr<Teacher> make_teacher(const TrainOptions& options, const ModelReader& source);

}  // namespace diptych::train
