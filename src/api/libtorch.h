#pragma once

#include <memory>
#include <string>

#include "diptych/packed_model.h"
#include "engine/executor.h"

namespace diptych::api {

/// Returns the name in libtorch of a device that is computed with libtorch: "cuda:1" for "cuda:1",
/// "cpu" for "libtorch:cpu"; empty for "cpu", which is not.
std::string libtorch_device(const std::string& device);

/// Loads the module that computes with libtorch, and packs the model with it. Throws
/// Error(unsupported) when there is no such module, and as inference::LibtorchExecutor.
std::unique_ptr<engine::Executor> make_libtorch_executor(const Model& model,
                                                         const ComputeOptions& options,
                                                         int threads);

}  // namespace diptych::api
