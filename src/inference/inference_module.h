#pragma once

#include <memory>
#include <string>

#include "diptych/packed_model.h"
#include "engine/executor.h"
#include "network/config.h"
#include "tensor/tensor.h"

// What the module libdiptych-inference.so offers to PackedModel (src/api/libtorch.cpp), which loads
// it. Only a program that computes with libtorch then loads it.
extern "C" {

/// version() of the diptych that the module is part of; it must be the caller's own.
const char* diptych_inference_version();

/// Makes an inference::LibtorchExecutor; on the CPU it has `threads` threads. Throws as it does.
void diptych_make_executor(const diptych::network::ModelConfig& config,
                           const diptych::TensorMap& weights, const std::string& device,
                           diptych::Precision precision, int threads,
                           std::unique_ptr<diptych::engine::Executor>& executor);
}
