#include "inference/inference_module.h"

#include "base/module.h"
#include "inference/libtorch_executor.h"
#include "libtorch/version.h"

namespace diptych::inference {
namespace {

std::unique_ptr<engine::Executor> make_executor(const network::ModelConfig& config,
                                                const TensorMap& weights, const std::string& device,
                                                Precision precision, int threads, int merged_rows) {
  at::set_num_threads(threads);
  return std::make_unique<LibtorchExecutor>(network::make_model(config), weights, device, precision,
                                            merged_rows);
}

constexpr InferenceFunctions kFunctions = {.make_executor = &make_executor};

}  // namespace
}  // namespace diptych::inference

DIPTYCH_EXPORT_MODULE(diptych::inference::kFunctions, &diptych::libtorch::loaded_version_fault);
