#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "checkpoint/containers/safetensors.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

struct Gguf {
  TensorMap tensors;
  Metadata metadata;  ///< key-value pairs as text; of long arrays only how long they are
};

/// Returns whether the bytes begin as a GGUF file.
bool looks_like_gguf(std::span<const std::byte> bytes);

/// Reads a GGUF file, versions 2 and 3, as clip.cpp has them. Unquantised tensors are views into
/// `bytes`; those quantised in blocks of 32 (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0) are float32,
/// computed when they are used.
/// Shapes are outermost first, as everywhere here. Throws Error: corrupt_data, and unsupported for
/// other versions and types.
Gguf read_gguf(std::span<const std::byte> bytes, const std::string& name,
               std::shared_ptr<const void> keep_alive);

}  // namespace diptych::checkpoint
