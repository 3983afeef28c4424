#include "train/optimiser.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "train/adapters.h"
#include "train/parameter_globs.h"
#include "train/saved_state.h"

namespace diptych::train {
namespace {

const std::string kFirstMoment = "optimizer.exp_avg.";
const std::string kSecondMoment = "optimizer.exp_avg_sq.";
const std::string kStep = "optimizer.step";

bool contains_any(const std::string& name, std::initializer_list<const char*> parts) {
  return std::ranges::any_of(
      parts, [&](const char* part) { return name.find(part) != std::string::npos; });
}

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
}

/// The norm of tensors as if they were one.
double norm_of(const std::vector<torch::Tensor>& tensors) {
  if (tensors.empty()) return 0.0;
  std::vector<torch::Tensor> norms;
  for (const torch::Tensor& tensor : tensors) norms.push_back(tensor.norm());
  return torch::stack(norms).norm().item<double>();
}

Rule rule_of(const std::string& name, std::size_t dimensions, const OptimiserOptions& options) {
  const bool left_to_adamw =
      options.rule == Rule::muon &&
      (!suits_muon(name, dimensions) || is_adapter(name) || fits_any(name, options.kept_on_adamw));
  return left_to_adamw ? Rule::adamw : options.rule;
}

}  // namespace

bool is_decayed(const std::string& name, std::size_t dimensions, const OptimiserOptions& options) {
  if (dimensions < 2 || fits_any(name, options.undecayed)) return false;
  if (options.decay_rule == DecayRule::open_clip_3)
    return !contains_any(name, {"bn", "ln", "bias", "logit_scale"});
  return !ends_with_any(name, {"positional_embedding", "class_embedding", "cls_emb", "reg_tokens",
                               "attn_pool.query", "attn_pool.latent"});
}

Optimiser::Optimiser(const network::ParameterTable& table, const libtorch::Parameters& parameters,
                     const OptimiserOptions& options,
                     const std::vector<libtorch::Sharding>& shardings)
    : options_(options),
      steps_(torch::zeros({}, parameters.front().options().requires_grad(false))) {
  add(table, parameters, shardings);
}

void Optimiser::add(const network::ParameterTable& table, const libtorch::Parameters& parameters,
                    const std::vector<libtorch::Sharding>& shardings) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const network::ParameterSpec& spec = table.specs()[i];
    if (!parameters[i].requires_grad()) continue;
    const bool decayed = is_decayed(spec.name, spec.shape.size(), options_);
    Group& group = group_of(rule_of(spec.name, spec.shape.size(), options_),
                            decayed ? options_.weight_decay : 0.0);
    const torch::Tensor zeros = torch::zeros_like(parameters[i].detach());
    group.parameters.push_back(
        {.name = spec.name,
         .value = parameters[i],
         .first_moment = zeros,
         .second_moment = group.rule->has_second_moment() ? zeros.clone() : torch::Tensor(),
         .sharding = shardings.empty() ? libtorch::Sharding{} : shardings[i]});
  }
}

Optimiser::Group& Optimiser::group_of(Rule rule, double weight_decay) {
  for (Group& group : groups_) {
    if (group.kind == rule && group.weight_decay == weight_decay) return group;
  }
  const RuleOptions rule_options{.beta1 = options_.beta1,
                                 .beta2 = options_.beta2,
                                 .epsilon = options_.epsilon,
                                 .momentum = options_.momentum};
  groups_.push_back(
      {.kind = rule, .rule = make_update_rule(rule, rule_options), .weight_decay = weight_decay});
  return groups_.back();
}

void Optimiser::zero_gradients() {
  for (Group& group : groups_) {
    for (MovedParameter& parameter : group.parameters)
      parameter.value.mutable_grad() = torch::Tensor();
  }
}

double Optimiser::gradient_norm() const {
  std::vector<torch::Tensor> wholes;
  std::vector<torch::Tensor> shards;
  const libtorch::ProcessGroup* processes = nullptr;
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      if (parameter.sharding) processes = parameter.sharding.group;
      const torch::Tensor& gradient = parameter.value.grad();
      if (gradient.defined()) (parameter.sharding ? shards : wholes).push_back(gradient);
    }
  }
  const double norm = norm_of(wholes);
  if (processes == nullptr) return norm;
  const double of_shards = norm_of(shards);
  return std::sqrt(norm * norm + processes->sum(of_shards * of_shards));
}

double Optimiser::clip_gradients() {
  constexpr double kAboveZero = 1e-6;  // as in the reference
  const torch::NoGradGuard no_gradients;
  const double norm = gradient_norm();
  const double limit = options_.gradient_clip_norm;
  if (limit == 0.0 || norm + kAboveZero <= limit) return norm;
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      if (parameter.value.grad().defined())
        parameter.value.mutable_grad().mul_(limit / (norm + kAboveZero));
    }
  }
  return norm;
}

void Optimiser::step(double learning_rate) {
  const torch::NoGradGuard no_gradients;
  steps_.add_(1);
  for (const Group& group : groups_) {
    std::vector<MovedParameter> moved;
    std::ranges::copy_if(group.parameters, std::back_inserter(moved),
                         [](const auto& parameter) { return parameter.value.grad().defined(); });
    if (!moved.empty()) group.rule->move(moved, steps_, learning_rate, group.weight_decay);
  }
}

std::vector<std::string> Optimiser::untouched() const {
  std::vector<std::string> names;
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      if (!parameter.value.grad().defined()) names.push_back(parameter.name);
    }
  }
  return names;
}

State Optimiser::state() const {
  State state = {{.name = kStep, .tensor = steps_}};
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      const auto add = [&](const std::string& prefix, const torch::Tensor& moment) {
        if (moment.defined())
          state.push_back({prefix + parameter.name, moment, parameter.sharding});
      };
      add(kFirstMoment, parameter.first_moment);
      add(kSecondMoment, parameter.second_moment);
    }
  }
  return state;
}

void Optimiser::save(TensorMap& map) const {
  add_state(map, state());
}

void Optimiser::load(SavedState& saved) {
  saved.restore("the optimiser's moments", state());
}

}  // namespace diptych::train
