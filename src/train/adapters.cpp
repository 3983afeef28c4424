#include "train/adapters.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "train/saved_state.h"

namespace diptych::train {
namespace {

using torch::Tensor;

constexpr std::string_view kDown = ".lora_a";
constexpr std::string_view kUp = ".lora_b";
const std::string kAdapterState = "optimizer.adapter.";
const std::string kMatrixBefore = "optimizer.base.";

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether a name has a part that is a number, other than a layer's of a projection.
bool is_in_a_block(std::string_view name) {
  std::string_view before;
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find('.'));
    if (is_number(word)) return before != "proj";
    before = word;
    name.remove_prefix(std::min(name.size(), word.size() + 1));
  }
  return false;
}

Tensor from_uniform(const Shape& shape, double bound, Random& random) {
  Tensor tensor = torch::empty(shape, torch::kFloat32);
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(random.uniform(-bound, bound));
  return tensor;
}

/// The matrix that an adapter changes, as it was before.
StateTensor matrix_before(const network::ParameterTable& table,
                          const libtorch::Parameters& parameters,
                          const std::vector<libtorch::Sharding>& shardings,
                          const AdapterSpec& spec) {
  const auto at = static_cast<std::size_t>(spec.parameter);
  return {.name = kMatrixBefore + table.spec(spec.parameter).name,
          .tensor = parameters[at],
          .sharding = shardings[at]};
}

}  // namespace

int adapted_parts(const network::ParameterSpec& spec) {
  const std::string_view name = spec.name;
  if (spec.shape.size() != 2 || !name.ends_with("weight") || !is_in_a_block(name)) return 0;
  const bool stacked = name.ends_with("in_proj_weight") || name.ends_with("qkv.weight");
  return stacked ? 3 : 1;
}

std::array<std::string, 2> adapter_names(const network::ParameterTable& table,
                                         const AdapterSpec& spec) {
  const std::string& matrix = table.spec(spec.parameter).name;
  return {matrix + std::string(kDown), matrix + std::string(kUp)};
}

int full_rank(const network::ParameterTable& table, const AdapterSpec& spec) {
  const Shape& shape = table.spec(spec.parameter).shape;
  return static_cast<int>(std::min(shape[0] / spec.parts, shape[1]));
}

std::int64_t numbers_of(const network::ParameterTable& table, const AdapterSpec& spec) {
  const Shape& shape = table.spec(spec.parameter).shape;
  return spec.rank * (spec.parts * shape[1] + shape[0]);
}

bool is_adapter(const std::string& name) {
  return name.ends_with(kDown) || name.ends_with(kUp);
}

Adapters::Adapters(const network::ParameterTable& table, std::vector<AdapterSpec> specs,
                   double alpha, Random& random, torch::Device device)
    : specs_(std::move(specs)), alpha_(alpha) {
  const auto add = [&](std::string name, const Shape& shape, const Tensor& values) {
    table_.declare(std::move(name), shape, network::Initialiser::constant(0.0F));
    parameters_.push_back(values.to(device).set_requires_grad(true));
  };
  for (const AdapterSpec& spec : specs_) {
    const network::ParameterSpec& matrix = table.spec(spec.parameter);
    const auto inputs = matrix.shape[1];
    const Shape down{spec.parts, spec.rank, inputs};
    const Shape up{spec.parts, matrix.shape[0] / spec.parts, spec.rank};
    auto [down_name, up_name] = adapter_names(table, spec);
    add(std::move(down_name), down,
        from_uniform(down, 1.0 / std::sqrt(static_cast<double>(inputs)), random));
    add(std::move(up_name), up, torch::zeros(up));
  }
}

libtorch::Parameters Adapters::applied_to(const libtorch::Parameters& parameters,
                                          const std::vector<libtorch::Sharding>& shardings) const {
  libtorch::Parameters changed = parameters;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto at = static_cast<std::size_t>(specs_[i].parameter);
    const Tensor product = torch::bmm(parameters_[2 * i + 1], parameters_[2 * i]);
    const Tensor part = shardings[at].part_of(product);
    changed[at] = torch::add(changed[at], part.view(changed[at].sizes()), scale_of(specs_[i]));
  }
  return changed;
}

void Adapters::save(const network::ParameterTable& table, const libtorch::Parameters& parameters,
                    const std::vector<libtorch::Sharding>& shardings, TensorMap& map) const {
  State before;
  for (const AdapterSpec& spec : specs_)
    before.push_back(matrix_before(table, parameters, shardings, spec));
  add_state(map, before);
  add_state(map, state_of(kAdapterState, table_, parameters_, {}));
}

void Adapters::load(const network::ParameterTable& table, libtorch::Parameters& parameters,
                    const std::vector<libtorch::Sharding>& shardings, SavedState& saved) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    State state = {matrix_before(table, parameters, shardings, specs_[i])};
    for (const std::size_t part : {2 * i, 2 * i + 1}) {
      state.push_back(
          {.name = kAdapterState + table_.specs()[part].name, .tensor = parameters_[part]});
    }
    saved.restore("matrices of low rank", state);
  }
}

}  // namespace diptych::train
