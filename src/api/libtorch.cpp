#include "api/libtorch.h"

#include "api/model_implementation.h"
#include "base/module.h"
#include "inference/inference_module.h"

namespace diptych::api {
namespace {

constexpr ModuleFile kInference = {
    .name = "libdiptych-inference.so",
    .variable = "DIPTYCH_INFERENCE",
    .command = "device",
    .remedy = "Build it with libtorch (tools/setup, DIPTYCH_TRAIN=ON)"};

}  // namespace

std::string libtorch_device(const std::string& device) {
  constexpr std::string_view kPrefix = "libtorch:";
  if (device.starts_with(kPrefix)) return device.substr(kPrefix.size());
  return device == "cpu" ? "" : device;
}

std::unique_ptr<engine::Executor> make_libtorch_executor(const Model& model,
                                                         const ComputeOptions& options,
                                                         int threads) {
  // Never unloaded: libtorch does not survive that.
  static const Module<inference::InferenceFunctions> inference(kInference);
  const checkpoint::ModelFile& file = model.implementation().file;
  return inference->make_executor(file.config, file.weights, libtorch_device(options.device),
                                  options.precision, threads, options.token_merging);
}

}  // namespace diptych::api
