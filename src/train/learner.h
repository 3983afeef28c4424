#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtorch/parameters.h"
#include "libtorch/process_group.h"
#include "libtorch/sharding.h"
#include "libtorch/stop_check.h"
#include "network/model.h"
#include "train/adapters.h"
#include "train/batch.h"
#include "train/gradient_sum.h"
#include "train/optimiser.h"
#include "train/step_guard.h"
#include "train/task.h"
#include "train/weight_average.h"

namespace diptych::train {

struct LearnerOptions {
  OptimiserOptions optimiser;
  libtorch::Autocast autocast = libtorch::Autocast::off;
  /// Into how many parts a batch is cut, one computed after the other. Every pair still has all the
  /// others as its negatives: the features of all parts are computed first and without a graph,
  /// then once more, part by part, with the gradients that the loss of them all gives.
  int parts = 1;
  /// Whether batch normalisation in the image tower keeps its running statistics and goes by them.
  bool keeps_image_statistics = false;
  /// Whether a block's activations are computed again for its gradients instead of held.
  bool recomputes_blocks = false;
  double spike_factor = 0.0;   ///< as StepGuard takes it
  double average_decay = 0.0;  ///< as WeightAverage takes it
  /// Called before every block of a tower, forward and back: what leaves a step half done. None
  /// where processes share a step: the others would wait for one that leaves it.
  libtorch::StopCheck stop = {};
  /// The processes that share every step, each with its own pairs; null: this one is alone. All
  /// pairs are each other's negatives, batch statistics are those of all pairs (in one part), and
  /// every process makes the same move. Must outlive the learner.
  const libtorch::ProcessGroup* group = nullptr;
  /// Whether each of them has a shard of the matrices, of their gradients and of what the optimiser
  /// and the average keep of them, instead of everything. Blocks are then recomputed.
  bool shards = false;
};

/// A model being trained: its weights, its task, its optimiser, and one step of learning.
class Learner {
 public:
  struct StepResult {
    double loss = 0.0;
    double gradient_norm = 0.0;  ///< before clipping
    /// Whether the guard accepted the step. If not, no weight and no moment has changed.
    bool taken = true;
  };

  /// `parameters`: shards, where matrices are to lie in them (libtorch::shardings).
  Learner(network::Model model, libtorch::Parameters parameters, std::unique_ptr<Task> task,
          const LearnerOptions& options, Adapters adapters = {});
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  /// Returns the loss of a batch with its graph, in one part.
  torch::Tensor loss(const Batch& batch);

  /// Does a step: forward, backward, clip, a move of the optimiser, clamp of the logit scale to [0,
  /// ln 100]. Throws libtorch::Stopped when it is to be left half done; then nothing has changed.
  /// In a group, `batch` has this process's pairs, of which there may be none, and the result is of
  /// all.
  StepResult step(const Batch& batch, double learning_rate);

  /// Returns the parameters that the last step's loss did not reach: neither learnt nor decayed.
  std::vector<std::string> untrained() const { return optimiser_.untouched(); }
  const StepGuard& guard() const { return guard_; }
  /// Returns exp of the learned logarithm.
  double logit_scale() const;
  const network::Model& model() const { return model_; }
  /// Returns those of the model, without what adapters add to them; shards of those that lie so.
  const libtorch::Parameters& parameters() const { return parameters_; }
  /// Returns the weights of the model as it is, adapters included, without a graph; likewise.
  libtorch::Parameters weights() const;
  /// Returns their average; empty when none is kept.
  const WeightAverage& average() const { return average_; }

  /// Adds weights or their average to a model's tensors; what lies in shards as add_state does.
  void add_whole(TensorMap& map, const libtorch::Parameters& weights) const;
  /// Returns whether all processes of the group have to save, so that the first one can read what
  /// is saved (read_together).
  bool saves_together() const { return shards_; }
  /// Saves weights, optimiser and guard, everything a bit-exact continuation needs.
  void save(TensorMap& map) const;
  void load(const TensorMap& map);
  /// Takes what is saved, of which only the weights must be there. Without an average, one begins
  /// at them.
  void load(SavedState& saved);

 private:
  /// Returns what the next forward pass and the way back through it are computed with; until the
  /// next call.
  StepModel step_model();
  /// Adds the gradients of a batch's loss to those of the parameters. Returns the loss.
  double backward(const Batch& batch);
  double backward_whole(const Batch& batch);
  double backward_in_parts(const Batch& batch);
  /// Returns how often a step goes through the towers: once for each part, and where processes wait
  /// for each other within the towers as often as the one with the most parts.
  std::size_t passes_of(const StepModel& step, const std::vector<Batch>& parts) const;
  /// Returns what the task makes of a part; of a pair that does not count in the passes after all
  /// parts.
  Outputs outputs_of(const StepModel& step, const std::vector<Batch>& parts,
                     std::size_t pass) const;
  /// Returns the features of no pair, as a process without pairs has them.
  Outputs no_features() const;
  /// Returns the features of a batch in parts, without a graph; the statistics stay as they are.
  Outputs features_of(const StepModel& step, const std::vector<Batch>& parts, std::size_t passes);
  /// Returns what the own losses of all processes' pairs are multiplied by.
  double own_weight_of(const StepModel& step, const Batch& batch) const;
  /// Returns whether the others wait for this process within the towers.
  bool is_waited_for(const StepModel& step) const;
  /// Returns all that gradients are taken of and each process has whole: the model's parameters and
  /// the adapters'.
  libtorch::Parameters leaves() const;
  /// Keeps the gradients that every process has whole, those of the scale and the bias of scores,
  /// in the first one alone, before all are summed.
  void keep_common_gradients_once();
  /// Returns the running statistics, which a forward pass changes.
  std::vector<torch::Tensor> copy_statistics() const;
  void restore_statistics(const std::vector<torch::Tensor>& copies);
  void clamp_logit_scale();

  network::Model model_;
  bool shards_;
  std::vector<libtorch::Sharding> shardings_;  ///< of the model's parameters
  libtorch::Parameters parameters_;
  std::unique_ptr<Task> task_;
  LearnerOptions options_;
  Adapters adapters_;
  libtorch::Parameters effective_;  ///< what a pass computes with
  Optimiser optimiser_;
  StepGuard guard_;
  WeightAverage average_;
  std::optional<GradientSum> sum_;  ///< in a group
};

}  // namespace diptych::train
