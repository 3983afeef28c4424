#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "libtorch/autocast.h"
#include "libtorch/operations.h"
#include "libtorch/parameters.h"
#include "network/model.h"
#include "train/batch.h"
#include "train/saved_state.h"

namespace diptych::train {

/// The model that a step is computed with. Refers to all of them.
struct StepModel {
  const network::Model& model;
  const libtorch::Parameters& parameters;  ///< in the model's order
  libtorch::Autocast autocast = libtorch::Autocast::off;
  /// Whether the image tower normalises by its running statistics and leaves them as they are.
  bool keeps_image_statistics = false;
  libtorch::StatisticsShare statistics = {};  ///< of whose rows a batch's statistics are
  /// Whether blocks are computed again for their gradients (PassOptions).
  bool recomputes_blocks = false;
  libtorch::StopCheck stop = {};  ///< called before every block, forward and back
  /// How the parameters lie (PassOptions); null: whole.
  const std::vector<libtorch::Sharding>* shardings = nullptr;

  const torch::Tensor& parameter(network::ParameterId id) const {
    return parameters[static_cast<std::size_t>(id)];
  }
};

/// Returns how the towers' operations compute in such a step.
inline libtorch::PassOptions pass_options(const StepModel& step) {
  return {.training = !step.keeps_image_statistics,
          .statistics = step.statistics,
          .recomputes_blocks = step.recomputes_blocks,
          .stop = step.stop,
          .shardings = step.shardings};
}

/// What a model makes of a batch or a part of one.
struct Outputs {
  torch::Tensor images;  ///< features [pairs, width], not normalised
  torch::Tensor texts;
  /// A sum over pairs, of what each adds to the loss without looking at the others; undefined where
  /// a task has no such part.
  torch::Tensor own_losses;
};

/// Returns the features of both towers, of those patches.
Outputs tower_features(const StepModel& step, const Inputs& inputs,
                       const std::optional<network::PatchSelection>& patches);

/// From a batch to the number that training lowers: a part that needs all pairs at once and
/// only their features, and a sum over single pairs. So a batch may be computed in parts
/// (train/learner.h), whatever the task.
class Task {
 public:
  virtual ~Task() = default;

  /// Returns the features, and the pairs' own losses. By default there are none of those.
  virtual Outputs outputs(const StepModel& step, const Batch& part) const;
  /// Returns what the common loss looks at of each pair besides its features, [pairs, ...] each,
  /// without a graph, also of no pairs; of a batch that has it, as it is. By default nothing.
  virtual std::vector<torch::Tensor> given(const StepModel& /*step*/,
                                           const Batch& /*batch*/) const {
    return {};
  }
  /// Returns the loss that the batch's pairs have in common, from all of their features. Where
  /// several processes share a step, the batch has what is given of all of them, their groups,
  /// samples and epoch alone.
  virtual torch::Tensor common_loss(const StepModel& step, const torch::Tensor& images,
                                    const torch::Tensor& texts, const Batch& batch) = 0;
  /// Returns what the sum of own losses is multiplied by before it is added.
  virtual double own_weight(const StepModel& /*step*/, const Batch& /*batch*/) const { return 0.0; }

  /// Moves what it remembers of the data; is called when the step of the last common loss was
  /// taken.
  virtual void step_taken() {}
  /// Saves what it remembers, under "optimizer." names. By default nothing.
  virtual void save(TensorMap& /*map*/) const {}
  /// Throws as SavedState::restore.
  virtual void load(SavedState& /*saved*/) {}
};

/// Makes CLIP's loss, of features alone.
std::unique_ptr<Task> contrastive_task(double label_smoothing = 0.0);

/// Makes SigLIP's. Throws Error(invalid_argument) for a model without a bias on its scores.
std::unique_ptr<Task> sigmoid_task(const network::Model& model);

struct CaptioningWeights {
  double contrastive = 1.0;
  double captioning = 2.0;
};

/// Makes CoCa's (arXiv 2205.01917, section 3.2): the loss of `pairs`, and the cross-entropy of what
/// the decoder says next, averaged over all ids of the batch's captions. Throws
/// Error(invalid_argument) for a model without a decoder.
std::unique_ptr<Task> captioning_task(const network::Model& model, std::unique_ptr<Task> pairs,
                                      const CaptioningWeights& weights = {});

}  // namespace diptych::train
