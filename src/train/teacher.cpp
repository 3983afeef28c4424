#include "train/teacher.h"

#include <cmath>

#include "base/error.h"
#include "train/cosines.h"
#include "train/starting_model.h"

namespace diptych::train {
namespace {

using torch::Tensor;

libtorch::Parameters frozen_parameters(const checkpoint::ModelFile& file,
                                       const network::Model& model, torch::Device device) {
  network::require_both_towers(file.config, "distill-model");
  if (file.weights.tensors.empty()) {
    fail(ErrorCode::invalid_argument,
         "train: distill-model: got a configuration without weights, expected a trained model");
  }
  libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, file.weights, device);
  for (Tensor& parameter : parameters) parameter.set_requires_grad(false);
  return parameters;
}

/// Cross-entropy of the student's softmax over rows from the teacher's.
Tensor distance(const Tensor& teacher, const Tensor& student) {
  return -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean();
}

class DistillationTask : public Task {
 public:
  DistillationTask(const Teacher& teacher, double label_smoothing)
      : teacher_(teacher), pairs_(contrastive_task(label_smoothing)) {}

  std::vector<Tensor> given(const StepModel& step, const Batch& batch) const override {
    if (!batch.given.empty()) return batch.given;
    if (batch.pairs() == 0) {
      const Tensor none = torch::zeros({0, teacher_.model().config.embedding_width},
                                       torch::TensorOptions(step.parameters.front().device()));
      return {none, none};
    }
    const Outputs features = teacher_.features(batch.teacher, step.autocast, step.stop);
    return {features.images.to(torch::kFloat32), features.texts.to(torch::kFloat32)};
  }

  Tensor common_loss(const StepModel& step, const Tensor& images, const Tensor& texts,
                     const Batch& batch) override {
    const std::vector<Tensor> features = given(step, batch);
    const Tensor taught = teacher_.logit_scale() * cosines(features[0], features[1]);
    const Tensor learnt = step.parameter(step.model.logit_scale).exp() * cosines(images, texts);
    return pairs_->common_loss(step, images, texts, batch) +
           0.5 * (distance(taught, learnt) + distance(taught.t(), learnt.t()));
  }

 private:
  const Teacher& teacher_;
  std::unique_ptr<Task> pairs_;
};

}  // namespace

Teacher::Teacher(const checkpoint::ModelFile& file, const std::string& name, torch::Device device)
    : model_(network::make_model(file.config)),
      parameters_(frozen_parameters(file, model_, device)),
      preprocessing_(file.preprocessing),
      tokenizer_(tokenizer_of(file, name)),
      assumptions_(checkpoint::all_assumptions(file)) {}

Outputs Teacher::features(const Inputs& inputs, libtorch::Autocast autocast,
                          const libtorch::StopCheck& stop) const {
  const torch::NoGradGuard no_gradients;
  const StepModel step{.model = model_,
                       .parameters = parameters_,
                       .autocast = autocast,
                       .keeps_image_statistics = true,
                       .stop = stop};
  return tower_features(step, inputs, std::nullopt);
}

double Teacher::logit_scale() const {
  return std::exp(parameters_[static_cast<std::size_t>(model_.logit_scale)].item<double>());
}

std::unique_ptr<Task> distillation_task(const Teacher& teacher, double label_smoothing) {
  return std::make_unique<DistillationTask>(teacher, label_smoothing);
}

}  // namespace diptych::train
