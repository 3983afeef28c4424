#pragma once

#include <memory>
#include <string>

#include "diptych/packed_model.h"
#include "engine/executor.h"
#include "network/config.h"
#include "tensor/tensor.h"

namespace diptych::inference {

/// What the module libdiptych-inference.so offers to PackedModel (src/api/libtorch.cpp), which
/// loads it. Only a program that computes with libtorch then loads it.
struct InferenceFunctions {
  /// Makes a LibtorchExecutor; on the CPU it has `threads` threads. Throws as it does.
  std::unique_ptr<engine::Executor> (*make_executor)(const network::ModelConfig& config,
                                                     const TensorMap& weights,
                                                     const std::string& device, Precision precision,
                                                     int threads, int merged_rows);
};

}  // namespace diptych::inference
