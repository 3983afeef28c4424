#include "train/learner.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "train/towers.h"

namespace diptych::train {
namespace {

/// Autocast on the device for the scope, when the precision asks for it.
class AutocastScope {
 public:
  AutocastScope(Precision precision, torch::Device device)
      : device_(device.type()), enabled_(precision == Precision::amp_bf16) {
    if (!enabled_) return;
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~AutocastScope() {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();
  }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  at::DeviceType device_;
  bool enabled_;
};

}  // namespace

Learner::Learner(network::Model model, Parameters parameters, const AdamWOptions& options,
                 Precision precision, Loss loss)
    : model_(std::move(model)),
      parameters_(std::move(parameters)),
      optimiser_(model_.parameters, parameters_, options),
      precision_(precision),
      loss_(loss) {
  if (loss == Loss::sigmoid && model_.logit_bias == network::kAbsent) {
    fail(ErrorCode::invalid_argument,
         "train: the sigmoid loss: got a model without a bias on its scores, expected one");
  }
}

torch::Tensor Learner::image_features(const Batch& batch,
                                      const std::optional<network::PatchSelection>& selection) {
  Operations operations(model_.parameters, parameters_, /*training=*/true);
  if (!selection) return network::image_features(operations, model_, batch.images());
  return network::image_features(operations, model_, batch.images(), *selection);
}

torch::Tensor Learner::loss(const Batch& batch,
                            const std::optional<network::PatchSelection>& selection) {
  const torch::Tensor& logit_scale = parameters_[static_cast<std::size_t>(model_.logit_scale)];
  torch::Tensor images;
  torch::Tensor texts;
  {
    const AutocastScope autocast(precision_, logit_scale.device());
    Operations operations(model_.parameters, parameters_, /*training=*/true);
    images = image_features(batch, selection);
    texts = network::text_features(operations, model_, batch.tokens);
  }
  if (loss_ == Loss::contrastive) return contrastive_loss(images, texts, logit_scale, batch.groups);
  const torch::Tensor& logit_bias = parameters_[static_cast<std::size_t>(model_.logit_bias)];
  return sigmoid_loss(images, texts, logit_scale, logit_bias, batch.groups);
}

Learner::StepResult Learner::step(const Batch& batch, double learning_rate,
                                  const std::optional<network::PatchSelection>& selection) {
  optimiser_.zero_gradients();
  const torch::Tensor value = loss(batch, selection);
  value.backward();
  StepResult result;
  result.gradient_norm = optimiser_.step(learning_rate);
  clamp_logit_scale();
  result.loss = value.item<double>();
  return result;
}

void Learner::clamp_logit_scale() {
  const torch::NoGradGuard no_gradients;
  parameters_[static_cast<std::size_t>(model_.logit_scale)].clamp_(0.0, std::log(100.0));
}

double Learner::logit_scale() const {
  return std::exp(parameters_[static_cast<std::size_t>(model_.logit_scale)].item<double>());
}

bool Learner::is_finite() const {
  return optimiser_.is_finite() && std::ranges::all_of(parameters_, all_finite);
}

void Learner::save(TensorMap& map) const {
  add_parameters(map, model_.parameters, parameters_);
  optimiser_.save(map);
}

void Learner::load(const TensorMap& map) {
  const torch::NoGradGuard no_gradients;
  const Parameters saved = parameters_from(model_.parameters, map, parameters_.front().device());
  for (std::size_t i = 0; i < saved.size(); ++i) parameters_[i].copy_(saved[i]);
  optimiser_.load(map);
}

}  // namespace diptych::train
