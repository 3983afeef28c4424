#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/tokenizer.h"
#include "train/task.h"

namespace diptych::train {

/// A trained model whose scores another one learns to give. It has a tokenizer and a preprocessing
/// of its own.
class Teacher {
 public:
  /// Throws Error: invalid_argument for a model without weights; as tokenizer_of.
  Teacher(const checkpoint::ModelFile& file, const std::string& name, torch::Device device);

  const network::Model& model() const { return model_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  /// Returns a sentence each on what had to be assumed of it.
  const std::vector<std::string>& assumptions() const { return assumptions_; }

  /// Returns the features of both towers, without a graph. `stop` is called before every block.
  Outputs features(const Inputs& inputs, libtorch::Autocast autocast,
                   const libtorch::StopCheck& stop = {}) const;
  /// Returns exp of the learned logarithm.
  double logit_scale() const;

 private:
  network::Model model_;
  libtorch::Parameters parameters_;
  Preprocessing preprocessing_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<std::string> assumptions_;
};

/// Makes CLIP's loss, and how far the student's softmax over texts and over pictures is from the
/// teacher's: the cross-entropy, averaged over both. `batch.teacher` is what the teacher sees.
/// Memory is quadratic in the pairs. `teacher` must outlive the task.
std::unique_ptr<Task> distillation_task(const Teacher& teacher, double label_smoothing = 0.0);

}  // namespace diptych::train
