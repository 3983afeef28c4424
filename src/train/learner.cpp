#include "train/learner.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "train/gathered_pairs.h"
#include "train/uncounted_pair.h"

namespace diptych::train {
namespace {

using torch::Tensor;

/// A batch cut into parts of nearly one size.
std::vector<Batch> cut(const Batch& batch, int parts) {
  std::vector<Batch> result;
  for (int i = 0; i < parts; ++i) {
    const auto begin_of = [&](int part) {
      return static_cast<int>(static_cast<std::int64_t>(batch.pairs()) * part / parts);
    };
    if (begin_of(i + 1) > begin_of(i))
      result.push_back(part_of(batch, begin_of(i), begin_of(i + 1) - begin_of(i)));
  }
  return result;
}

/// Continues backwards through a part from the gradients of its features.
void backward_from(const Outputs& outputs, const Tensor& images, const Tensor& texts,
                   std::int64_t first, double own_weight) {
  std::vector<Tensor> roots;
  std::vector<Tensor> gradients;
  const auto add = [&](const Tensor& root, const Tensor& gradient) {
    if (!root.requires_grad()) return;
    roots.push_back(root);
    gradients.push_back(gradient.to(root.dtype()));
  };
  const std::int64_t count = outputs.images.size(0);
  add(outputs.images, images.grad().narrow(0, first, count));
  add(outputs.texts, texts.grad().narrow(0, first, count));
  if (outputs.own_losses.defined())
    add(outputs.own_losses, torch::full_like(outputs.own_losses, own_weight));
  if (!roots.empty()) torch::autograd::backward(roots, gradients);
}

}  // namespace

Learner::Learner(network::Model model, libtorch::Parameters parameters, std::unique_ptr<Task> task,
                 const LearnerOptions& options, Adapters adapters)
    : model_(std::move(model)),
      shards_(options.shards && options.group != nullptr),
      shardings_(libtorch::shardings(model_.parameters, shards_ ? options.group : nullptr)),
      parameters_(std::move(parameters)),
      task_(std::move(task)),
      options_(options),
      adapters_(std::move(adapters)),
      optimiser_(model_.parameters, parameters_, options.optimiser, shardings_),
      guard_(options.spike_factor),
      average_(weights(), options.average_decay) {
  optimiser_.add(adapters_.table(), adapters_.parameters());
  if (options_.group != nullptr) sum_.emplace(*options_.group, leaves());
}

StepModel Learner::step_model() {
  effective_ = adapters_.applied_to(parameters_, shardings_);
  const bool shares = !options_.keeps_image_statistics && has_batch_statistics(model_);
  return {.model = model_,
          .parameters = effective_,
          .autocast = options_.autocast,
          .keeps_image_statistics = options_.keeps_image_statistics,
          .statistics = {.group = shares ? options_.group : nullptr},
          .recomputes_blocks = options_.recomputes_blocks || shards_,
          .stop = options_.stop,
          .shardings = shards_ ? &shardings_ : nullptr};
}

Tensor Learner::loss(const Batch& batch) {
  const StepModel step = step_model();
  const Outputs outputs = task_->outputs(step, batch);
  Tensor common = task_->common_loss(step, outputs.images, outputs.texts, batch);
  if (!outputs.own_losses.defined()) return common;
  return common + task_->own_weight(step, batch) * outputs.own_losses;
}

Learner::StepResult Learner::step(const Batch& batch, double learning_rate) {
  optimiser_.zero_gradients();
  const std::vector<Tensor> statistics = copy_statistics();
  StepResult result;
  try {
    result.loss = backward(batch);
  } catch (const libtorch::Stopped&) {
    restore_statistics(statistics);
    optimiser_.zero_gradients();
    throw;
  }
  result.gradient_norm = optimiser_.clip_gradients();
  result.taken = guard_.accepts(result.loss, result.gradient_norm);
  if (!result.taken) {
    restore_statistics(statistics);
    return result;
  }
  optimiser_.step(learning_rate);
  clamp_logit_scale();
  task_->step_taken();
  if (!average_.empty()) average_.add(weights());
  return result;
}

double Learner::backward(const Batch& batch) {
  const bool whole = options_.parts == 1 && options_.group == nullptr;
  return whole ? backward_whole(batch) : backward_in_parts(batch);
}

double Learner::backward_whole(const Batch& batch) {
  const Tensor value = loss(batch);
  value.backward();
  return value.item<double>();
}

double Learner::backward_in_parts(const Batch& batch) {
  const StepModel step = step_model();
  const std::vector<Batch> parts = cut(batch, options_.parts);
  const std::size_t passes = passes_of(step, parts);
  // One part is computed once, its graph held; several are computed again for their gradients.
  std::optional<Outputs> held;
  if (passes == 1) held = outputs_of(step, parts, 0);
  const Outputs features = !held           ? features_of(step, parts, passes)
                           : parts.empty() ? no_features()
                                           : *held;
  const bool alone = options_.group == nullptr;
  const GatheredPairs all = gather_pairs(options_.group, features.images, features.texts, batch,
                                         alone ? std::vector<Tensor>() : task_->given(step, batch));
  const Tensor common = task_->common_loss(step, all.images, all.texts, alone ? batch : all.batch);
  common.backward();
  keep_common_gradients_once();
  const double own_weight = own_weight_of(step, batch);
  double own_losses = 0.0;
  std::int64_t first = all.first;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const Outputs outputs = held ? *std::exchange(held, {}) : outputs_of(step_model(), parts, pass);
    if (sum_ && pass + 1 == passes) sum_->begin();
    if (pass >= parts.size()) {
      go_back_uncounted(outputs);
      continue;
    }
    backward_from(outputs, all.images, all.texts, first, own_weight);
    if (outputs.own_losses.defined()) own_losses += outputs.own_losses.item<double>();
    first += parts[pass].pairs();
  }
  if (!alone) {
    sum_->finish();
    own_losses = options_.group->sum(own_losses);
  }
  return common.item<double>() + own_weight * own_losses;
}

std::size_t Learner::passes_of(const StepModel& step, const std::vector<Batch>& parts) const {
  if (!is_waited_for(step)) return parts.size();
  if (options_.parts == 1) return 1;
  std::int64_t most = 0;
  const auto count = static_cast<std::int64_t>(parts.size());
  for (const auto& counts : options_.group->gathered_numbers({count}))
    most = std::max(most, counts.front());
  return static_cast<std::size_t>(most);
}

Outputs Learner::outputs_of(const StepModel& step, const std::vector<Batch>& parts,
                            std::size_t pass) const {
  return pass < parts.size() ? task_->outputs(step, parts[pass]) : uncounted_outputs(*task_, step);
}

Outputs Learner::no_features() const {
  const Tensor none = torch::zeros({0, model_.config.embedding_width},
                                   torch::TensorOptions(parameters_.front().device()));
  return {.images = none, .texts = none};
}

Outputs Learner::features_of(const StepModel& step, const std::vector<Batch>& parts,
                             std::size_t passes) {
  const torch::NoGradGuard no_gradients;
  const std::vector<Tensor> statistics = copy_statistics();
  const Outputs none = no_features();
  std::vector<Tensor> images = {none.images};
  std::vector<Tensor> texts = {none.texts};
  for (std::size_t pass = 0; pass < passes; ++pass) {
    if (pass >= parts.size()) {
      uncounted_features(step);
      continue;
    }
    const Outputs outputs = tower_features(step, parts[pass], parts[pass].patches);
    images.push_back(outputs.images.to(torch::kFloat32));
    texts.push_back(outputs.texts.to(torch::kFloat32));
  }
  restore_statistics(statistics);
  return {.images = torch::cat(images), .texts = torch::cat(texts)};
}

double Learner::own_weight_of(const StepModel& step, const Batch& batch) const {
  const double own = batch.pairs() > 0 ? task_->own_weight(step, batch) : 0.0;
  if (options_.group == nullptr) return own;
  // It is a number over the count of terms, and counts add up.
  const double inverse = options_.group->sum(own > 0.0 ? 1.0 / own : 0.0);
  return inverse > 0.0 ? 1.0 / inverse : 0.0;
}

bool Learner::is_waited_for(const StepModel& step) const {
  return shards_ || step.statistics.group != nullptr;
}

libtorch::Parameters Learner::leaves() const {
  libtorch::Parameters leaves;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!shardings_[i]) leaves.push_back(parameters_[i]);
  }
  leaves.insert(leaves.end(), adapters_.parameters().begin(), adapters_.parameters().end());
  std::erase_if(leaves, [](const Tensor& parameter) { return !parameter.requires_grad(); });
  return leaves;
}

void Learner::keep_common_gradients_once() {
  if (options_.group == nullptr || options_.group->rank() == 0) return;
  for (const Tensor& parameter : leaves()) {
    if (parameter.grad().defined()) parameter.mutable_grad().zero_();
  }
}

std::vector<Tensor> Learner::copy_statistics() const {
  std::vector<Tensor> copies;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!model_.parameters.specs()[i].trained) copies.push_back(parameters_[i].clone());
  }
  return copies;
}

void Learner::restore_statistics(const std::vector<Tensor>& copies) {
  const torch::NoGradGuard no_gradients;
  std::size_t next = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!model_.parameters.specs()[i].trained) parameters_[i].copy_(copies[next++]);
  }
}

void Learner::clamp_logit_scale() {
  const torch::NoGradGuard no_gradients;
  parameters_[static_cast<std::size_t>(model_.logit_scale)].clamp_(0.0, std::log(100.0));
}

double Learner::logit_scale() const {
  return std::exp(parameters_[static_cast<std::size_t>(model_.logit_scale)].item<double>());
}

libtorch::Parameters Learner::weights() const {
  const torch::NoGradGuard no_gradients;
  return adapters_.applied_to(parameters_, shardings_);
}

void Learner::add_whole(TensorMap& map, const libtorch::Parameters& weights) const {
  add_state(map, state_of("", model_.parameters, weights, shardings_));
}

void Learner::save(TensorMap& map) const {
  add_whole(map, weights());
  adapters_.save(model_.parameters, parameters_, shardings_, map);
  average_.save(model_.parameters, map, shardings_);
  task_->save(map);
  optimiser_.save(map);
  guard_.save(map);
}

void Learner::load(const TensorMap& map) {
  SavedState saved(map);
  load(saved);
}

void Learner::load(SavedState& saved) {
  const torch::NoGradGuard no_gradients;
  const libtorch::Parameters values = libtorch::parameters_from(
      model_.parameters, saved.map(), parameters_.front().device(), shardings_);
  for (std::size_t i = 0; i < values.size(); ++i) parameters_[i].copy_(values[i]);
  adapters_.load(model_.parameters, parameters_, shardings_, saved);
  average_ = WeightAverage(weights(), options_.average_decay);
  average_.load(model_.parameters, saved, shardings_);
  task_->load(saved);
  optimiser_.load(saved);
  guard_.load(saved.map());
}

}  // namespace diptych::train
