#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/model.h"
#include "train/batch.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/parameters.h"

namespace diptych::train {

enum class Precision {
  fp32,
  amp_bf16,  ///< autocast: matrix products and convolutions in bfloat16
};

/// A model being trained: its weights, its optimiser, and one step of learning.
class Learner {
 public:
  struct StepResult {
    double loss = 0.0;
    double gradient_norm = 0.0;  ///< before clipping
  };

  /// Throws Error(invalid_argument) when the loss needs a bias that the model does not have.
  Learner(network::Model model, Parameters parameters, const AdamWOptions& options,
          Precision precision, Loss loss = Loss::contrastive);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  /// The loss of a batch with its graph; `selection` names the patches that take part (ViT only),
  /// all when empty.
  torch::Tensor loss(const Batch& batch,
                     const std::optional<network::PatchSelection>& selection = std::nullopt);

  /// Forward, backward, clip, AdamW, clamp of the logit scale to [0, ln 100].
  StepResult step(const Batch& batch, double learning_rate,
                  const std::optional<network::PatchSelection>& selection = std::nullopt);

  /// The parameters that the last step's loss did not reach: neither learnt nor decayed.
  std::vector<std::string> untrained() const { return optimiser_.untouched(); }
  /// Whether every weight and moment is a finite number.
  bool is_finite() const;
  /// exp of the learned logarithm.
  double logit_scale() const;
  const network::Model& model() const { return model_; }
  const Parameters& parameters() const { return parameters_; }

  /// Weights and optimiser, everything a bit-exact continuation needs.
  void save(TensorMap& map) const;
  void load(const TensorMap& map);

 private:
  torch::Tensor image_features(const Batch& batch,
                               const std::optional<network::PatchSelection>& selection);
  void clamp_logit_scale();

  network::Model model_;
  Parameters parameters_;
  AdamW optimiser_;
  Precision precision_;
  Loss loss_;
};

}  // namespace diptych::train
