#include "libtorch/parameters.h"

#include "base/error.h"

namespace diptych::libtorch {
namespace {

torch::Tensor initial(const network::ParameterSpec& spec, Random& random) {
  torch::Tensor tensor = torch::empty(spec.shape, torch::kFloat32);
  if (spec.initialiser.kind == network::Initialiser::Kind::constant) {
    return tensor.fill_(spec.initialiser.value);
  }
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = spec.initialiser.value * static_cast<float>(random.normal());
  }
  return tensor;
}

Sharding sharding_of(const std::vector<Sharding>& shardings, const Parameters& made) {
  return shardings.empty() ? Sharding{} : shardings[made.size()];
}

}  // namespace

Parameters initial_parameters(const network::ParameterTable& table, Random& random,
                              torch::Device device, const std::vector<Sharding>& shardings) {
  Parameters parameters;
  for (const network::ParameterSpec& spec : table.specs()) {
    const torch::Tensor own = sharding_of(shardings, parameters).shard_of(initial(spec, random));
    parameters.push_back(own.to(device).set_requires_grad(spec.trained));
  }
  return parameters;
}

Parameters parameters_from(const network::ParameterTable& table, const TensorMap& tensors,
                           torch::Device device, const std::vector<Sharding>& shardings) {
  Parameters parameters;
  for (const network::ParameterSpec& spec : table.specs()) {
    const auto found = tensors.tensors.find(spec.name);
    if (found == tensors.tensors.end()) {
      fail(ErrorCode::invalid_argument, "weights: {} is missing", spec.name);
    }
    if (found->second.shape != spec.shape) {
      fail(ErrorCode::invalid_argument, "weights: {}: got shape {}, expected {}", spec.name,
           to_string(found->second.shape), to_string(spec.shape));
    }
    const torch::Tensor own = sharding_of(shardings, parameters).shard_from(found->second, device);
    parameters.push_back(own.set_requires_grad(spec.trained));
  }
  return parameters;
}

Parameters zero_parameters(const network::ParameterTable& table, torch::Device device,
                           const std::vector<Sharding>& shardings) {
  Parameters parameters;
  for (const network::ParameterSpec& spec : table.specs()) {
    const torch::Tensor own =
        sharding_of(shardings, parameters).shard_of(torch::zeros(spec.shape, torch::kFloat32));
    parameters.push_back(own.to(device).set_requires_grad(spec.trained));
  }
  return parameters;
}

bool all_finite(const torch::Tensor& tensor) {
  const torch::NoGradGuard no_gradients;
  return torch::isfinite(tensor).all().item<bool>();
}

TensorBuffer to_buffer(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return TensorBuffer(
      Shape(host.sizes().begin(), host.sizes().end()),
      std::span<const float>(host.data_ptr<float>(), static_cast<std::size_t>(host.numel())));
}

torch::Tensor to_torch(const TensorView& view, torch::Device device) {
  torch::Tensor host = torch::empty(view.shape, torch::kFloat32);
  to_floats(view, std::span(host.data_ptr<float>(), static_cast<std::size_t>(host.numel())));
  return host.to(device);
}

}  // namespace diptych::libtorch
