#include "train/weight_average.h"

#include <algorithm>
#include <string>
#include <utility>

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

void WeightAverage::save(const network::ParameterTable& table, TensorMap& map) const {
  if (empty()) return;
  libtorch::add_parameters(map, table, average_, kAverage);
  map.add(kAverageSteps, libtorch::to_buffer(steps_));
}

void WeightAverage::load(const network::ParameterTable& table, SavedState& saved) {
  if (empty()) return;
  NamedTensors state = {{kAverageSteps, steps_}};
  for (std::size_t i = 0; i < average_.size(); ++i)
    state.emplace_back(kAverage + table.specs()[i].name, average_[i]);
  saved.restore("the average of the weights", std::move(state));
}

}  // namespace diptych::train
