#include "train/weight_average.h"

#include <algorithm>
#include <string>

#include "train/saved_state.h"

namespace diptych::train {
namespace {

const std::string kAverage = "optimizer.ema.";
const std::string kAverageSteps = "optimizer.ema_steps";

}  // namespace

WeightAverage::WeightAverage(const libtorch::Parameters& parameters, double decay)
    : decay_(decay), steps_(torch::zeros({}, torch::kFloat32)) {
  if (decay == 0.0) return;
  for (const torch::Tensor& parameter : parameters) average_.push_back(parameter.detach().clone());
}

void WeightAverage::add(const libtorch::Parameters& parameters) {
  if (empty()) return;
  const torch::NoGradGuard no_gradients;
  const auto steps = steps_.item<double>();
  const double decay = std::min(decay_, (1.0 + steps) / (10.0 + steps));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    average_[i].lerp_(parameters[i].detach(), 1.0 - decay);
  steps_.add_(1);
}

State WeightAverage::state(const network::ParameterTable& table,
                           const std::vector<libtorch::Sharding>& shardings) const {
  State state = state_of(kAverage, table, average_, shardings);
  state.push_back({.name = kAverageSteps, .tensor = steps_});
  return state;
}

void WeightAverage::save(const network::ParameterTable& table, TensorMap& map,
                         const std::vector<libtorch::Sharding>& shardings) const {
  if (!empty()) add_state(map, state(table, shardings));
}

void WeightAverage::load(const network::ParameterTable& table, SavedState& saved,
                         const std::vector<libtorch::Sharding>& shardings) {
  if (!empty()) saved.restore("the average of the weights", state(table, shardings));
}

}  // namespace diptych::train
