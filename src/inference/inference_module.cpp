#include "inference/inference_module.h"

#include "diptych/version.h"
#include "inference/libtorch_executor.h"

const char* diptych_inference_version() {
  return diptych::version().data();
}

void diptych_make_executor(const diptych::network::ModelConfig& config,
                           const diptych::TensorMap& weights, const std::string& device,
                           diptych::Precision precision, int threads,
                           std::unique_ptr<diptych::engine::Executor>& executor) {
  at::set_num_threads(threads);
  executor = std::make_unique<diptych::inference::LibtorchExecutor>(
      diptych::network::make_model(config), weights, device, precision);
}
