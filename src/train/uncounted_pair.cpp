#include "train/uncounted_pair.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace diptych::train {
namespace {

/// A blank picture, and two tokens of which neither fills anything up.
Batch blank_pair(const network::Model& model) {
  const int side = network::image_size(model.config.image);
  const std::array<std::int32_t, 2> ids = {1, network::vocabulary_size(model.config.text) - 1};
  Batch pair;
  pair.side = side;
  pair.pixels.resize(network::Pixels{.height = side, .width = side}.values_each());
  network::append_text(model, ids, /*pad_id=*/0, pair.tokens);
  return pair;
}

/// The same model, for a pair that is no part of the batch's statistics.
StepModel uncounted(StepModel step) {
  step.statistics.counts = false;
  return step;
}

}  // namespace

bool has_batch_statistics(const network::Model& model) {
  return std::ranges::any_of(model.parameters.specs(),
                             [](const network::ParameterSpec& spec) { return !spec.trained; });
}

Outputs uncounted_outputs(const Task& task, const StepModel& step) {
  return task.outputs(uncounted(step), blank_pair(step.model));
}

void uncounted_features(const StepModel& step) {
  const torch::NoGradGuard no_gradients;
  tower_features(uncounted(step), blank_pair(step.model), {});
}

void go_back_uncounted(const Outputs& outputs) {
  std::vector<torch::Tensor> roots;
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& root : {outputs.images, outputs.texts, outputs.own_losses}) {
    if (!root.defined() || !root.requires_grad()) continue;
    roots.push_back(root);
    gradients.push_back(torch::zeros_like(root));
  }
  if (!roots.empty()) torch::autograd::backward(roots, gradients);
}

}  // namespace diptych::train
