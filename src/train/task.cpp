#include "train/task.h"

#include "base/error.h"
#include "libtorch/operations.h"
#include "libtorch/towers.h"
#include "train/loss.h"

namespace diptych::train {
namespace {

class ContrastiveTask : public Task {
 public:
  explicit ContrastiveTask(double label_smoothing) : label_smoothing_(label_smoothing) {}

  torch::Tensor common_loss(const StepModel& step, const torch::Tensor& images,
                            const torch::Tensor& texts, const Batch& batch) override {
    return contrastive_loss(images, texts, step.parameter(step.model.logit_scale), batch.groups,
                            label_smoothing_);
  }

 private:
  double label_smoothing_;
};

class SigmoidTask : public Task {
 public:
  torch::Tensor common_loss(const StepModel& step, const torch::Tensor& images,
                            const torch::Tensor& texts, const Batch& batch) override {
    return sigmoid_loss(images, texts, step.parameter(step.model.logit_scale),
                        step.parameter(step.model.logit_bias), batch.groups);
  }
};

}  // namespace

Outputs tower_features(const StepModel& step, const Inputs& inputs,
                       const std::optional<network::PatchSelection>& patches) {
  const libtorch::AutocastScope autocast(step.autocast, step.parameters.front().device());
  libtorch::Operations operations(step.model.parameters, step.parameters, pass_options(step));
  const network::Pixels images = inputs.images();
  return {.images = patches ? network::image_features(operations, step.model, images, *patches)
                            : network::image_features(operations, step.model, images),
          .texts = network::text_features(operations, step.model, inputs.tokens)};
}

Outputs Task::outputs(const StepModel& step, const Batch& part) const {
  return tower_features(step, part, part.patches);
}

std::unique_ptr<Task> contrastive_task(double label_smoothing) {
  return std::make_unique<ContrastiveTask>(label_smoothing);
}

std::unique_ptr<Task> sigmoid_task(const network::Model& model) {
  if (model.logit_bias == network::kAbsent) {
    fail(ErrorCode::invalid_argument,
         "train: the sigmoid loss: got a model without a bias on its scores, expected one");
  }
  return std::make_unique<SigmoidTask>();
}

}  // namespace diptych::train
