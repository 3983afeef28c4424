#include "train/optimiser.h"

#include <ATen/ops/_fused_adamw.h>

#include <algorithm>

#include "base/error.h"

namespace diptych::train {
namespace {

const std::string kFirstMoment = "optimizer.exp_avg.";
const std::string kSecondMoment = "optimizer.exp_avg_sq.";
const std::string kStep = "optimizer.step";

}  // namespace

AdamW::AdamW(const network::ParameterTable& table, Parameters& parameters,
             const AdamWOptions& options)
    : options_(options), groups_{{.weight_decay = options.weight_decay}, {.weight_decay = 0.0}} {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const network::ParameterSpec& spec = table.specs()[i];
    if (!spec.trained) continue;
    Group& group = groups_[spec.shape.size() >= 2 ? 0 : 1];
    group.parameters.push_back(parameters[i]);
    group.first_moments.push_back(torch::zeros_like(parameters[i].detach()));
    group.second_moments.push_back(torch::zeros_like(parameters[i].detach()));
    group.steps.push_back(torch::zeros({}, parameters[i].options().requires_grad(false)));
    group.names.push_back(spec.name);
  }
}

void AdamW::zero_gradients() {
  for (Group& group : groups_) {
    for (torch::Tensor& parameter : group.parameters) parameter.mutable_grad() = torch::Tensor();
  }
}

double AdamW::clip_gradients() {
  std::vector<torch::Tensor> all;
  for (const Group& group : groups_) {
    all.insert(all.end(), group.parameters.begin(), group.parameters.end());
  }
  const double limit = options_.gradient_clip_norm;
  return torch::nn::utils::clip_grad_norm_(
      all, limit > 0.0 ? limit : std::numeric_limits<double>::infinity());
}

double AdamW::step(double learning_rate) {
  const torch::NoGradGuard no_gradients;
  const double norm = clip_gradients();
  for (const Group& group : groups_) move(group, learning_rate);
  return norm;
}

void AdamW::move(const Group& group, double learning_rate) const {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> first_moments;
  std::vector<torch::Tensor> second_moments;
  std::vector<torch::Tensor> steps;
  for (std::size_t i = 0; i < group.parameters.size(); ++i) {
    if (!group.parameters[i].grad().defined()) continue;
    parameters.push_back(group.parameters[i]);
    gradients.push_back(group.parameters[i].grad());
    first_moments.push_back(group.first_moments[i]);
    second_moments.push_back(group.second_moments[i]);
    steps.push_back(group.steps[i]);
  }
  if (parameters.empty()) return;
  torch::_foreach_add_(steps, 1);
  torch::_fused_adamw_(parameters, gradients, first_moments, second_moments,
                       /*max_exp_avg_sqs=*/{}, steps, learning_rate, options_.beta1, options_.beta2,
                       group.weight_decay, options_.epsilon, /*amsgrad=*/false,
                       /*maximize=*/false);
}

std::vector<std::string> AdamW::untouched() const {
  std::vector<std::string> names;
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.parameters.size(); ++i) {
      if (!group.parameters[i].grad().defined()) names.push_back(group.names[i]);
    }
  }
  return names;
}

bool AdamW::is_finite() const {
  return std::ranges::all_of(groups_, [](const Group& group) {
    return std::ranges::all_of(group.first_moments, all_finite) &&
           std::ranges::all_of(group.second_moments, all_finite);
  });
}

void AdamW::save(TensorMap& map) const {
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      map.add(kFirstMoment + group.names[i], to_buffer(group.first_moments[i]));
      map.add(kSecondMoment + group.names[i], to_buffer(group.second_moments[i]));
    }
  }
  map.add(kStep, to_buffer(groups_.back().steps.front()));
}

void AdamW::load(const TensorMap& map) {
  const auto copy = [&map](const std::string& name, torch::Tensor& into) {
    const torch::Tensor saved = to_torch(map.at(name), into.device());
    if (saved.sizes() != into.sizes()) {
      fail(ErrorCode::corrupt_data, "checkpoint: {} has another shape than its parameter", name);
    }
    into.copy_(saved);
  };
  const torch::NoGradGuard no_gradients;
  for (Group& group : groups_) {
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      copy(kFirstMoment + group.names[i], group.first_moments[i]);
      copy(kSecondMoment + group.names[i], group.second_moments[i]);
      copy(kStep, group.steps[i]);
    }
  }
}

}  // namespace diptych::train
