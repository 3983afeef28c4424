#include "inference/device_weights.h"

#include <set>

#include "base/error.h"
#include "base/mapped_file.h"
#include "engine/layer_list.h"
#include "engine/stored_tensor.h"

namespace diptych::inference {
namespace {

torch::ScalarType scalar_type(Precision precision) {
  switch (precision) {
    case Precision::automatic:
    case Precision::fp32:
      return torch::kFloat32;
    case Precision::bf16:
      return torch::kBFloat16;
    case Precision::fp16:
      return torch::kFloat16;
    case Precision::int8w:
    case Precision::int8:
      fail(ErrorCode::unsupported,
           "precision: got int8w or int8, expected fp32, bf16 or fp16 with libtorch");
  }
  fail(ErrorCode::internal, "unknown precision {}", static_cast<int>(precision));
}

/// libtorch takes activations in half precision with batch normalisation in float32.
std::set<network::ParameterId> batch_norm_parameters(const network::Model& model) {
  std::set<network::ParameterId> parameters;
  for (const network::Convolution& layer : engine::list_layers(model).convolutions) {
    if (!layer.norm) continue;
    parameters.insert({layer.norm->weight, layer.norm->bias, layer.norm->running_mean,
                       layer.norm->running_variance});
  }
  return parameters;
}

torch::Tensor on_device(const TensorView& view, const std::string& name, torch::Device device,
                        torch::ScalarType type) {
  const torch::Tensor host = libtorch::to_torch(view, torch::kCPU).to(type);
  if (!libtorch::all_finite(host))
    fail(ErrorCode::corrupt_data,
         "checkpoint: {}: got NaN or infinity in {}, expected finite numbers", name,
         c10::toString(type));
  MappedFile::release_pages(view.bytes);
  return host.to(device);
}

}  // namespace

libtorch::Parameters device_weights(const network::Model& model, const TensorMap& checkpoint,
                                    torch::Device device, Precision precision) {
  const torch::ScalarType type = scalar_type(precision);
  const std::set<network::ParameterId> in_float = batch_norm_parameters(model);
  libtorch::Parameters parameters;
  for (const network::ParameterSpec& spec : model.parameters.specs()) {
    const auto id = static_cast<network::ParameterId>(parameters.size());
    parameters.push_back(on_device(engine::stored_tensor(checkpoint, spec), spec.name, device,
                                   in_float.contains(id) ? torch::kFloat32 : type));
  }
  return parameters;
}

}  // namespace diptych::inference
