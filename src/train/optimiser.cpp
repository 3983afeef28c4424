#include "train/optimiser.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
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
                     const OptimiserOptions& options)
    : options_(options),
      steps_(torch::zeros({}, parameters.front().options().requires_grad(false))) {
  add(table, parameters);
}

void Optimiser::add(const network::ParameterTable& table, const libtorch::Parameters& parameters) {
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
         .second_moment = group.rule->has_second_moment() ? zeros.clone() : torch::Tensor()});
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

double Optimiser::clip_gradients() {
  std::vector<torch::Tensor> all;
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) all.push_back(parameter.value);
  }
  const double limit = options_.gradient_clip_norm;
  return torch::nn::utils::clip_grad_norm_(
      all, limit > 0.0 ? limit : std::numeric_limits<double>::infinity());
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

void Optimiser::save(TensorMap& map) const {
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      map.add(kFirstMoment + parameter.name, libtorch::to_buffer(parameter.first_moment));
      if (parameter.second_moment.defined())
        map.add(kSecondMoment + parameter.name, libtorch::to_buffer(parameter.second_moment));
    }
  }
  map.add(kStep, libtorch::to_buffer(steps_));
}

void Optimiser::load(SavedState& saved) {
  NamedTensors state = {{kStep, steps_}};
  for (const Group& group : groups_) {
    for (const MovedParameter& parameter : group.parameters) {
      state.emplace_back(kFirstMoment + parameter.name, parameter.first_moment);
      if (parameter.second_moment.defined())
        state.emplace_back(kSecondMoment + parameter.name, parameter.second_moment);
    }
  }
  saved.restore("the optimiser's moments", std::move(state));
}

}  // namespace diptych::train
