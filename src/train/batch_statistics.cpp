#include "train/batch_statistics.h"

#include <algorithm>
#include <vector>

namespace diptych::train {

bool has_batch_statistics(const network::Model& model) {
  return std::ranges::any_of(model.parameters.specs(),
                             [](const network::ParameterSpec& spec) { return !spec.trained; });
}

torch::Tensor uncounted_features(const StepModel& step) {
  StepModel uncounted = step;
  uncounted.statistics.counts = false;
  const int side = network::image_size(step.model.config.image);
  const std::vector<float> blank(network::Pixels{.height = side, .width = side}.values_each());
  const libtorch::AutocastScope autocast(step.autocast, step.parameters.front().device());
  libtorch::Operations operations(step.model.parameters, step.parameters, pass_options(uncounted));
  return network::image_features(operations, step.model, {blank.data(), 1, side, side, {}});
}

void go_back_uncounted(const torch::Tensor& features) {
  if (features.requires_grad()) features.backward(torch::zeros_like(features));
}

}  // namespace diptych::train
