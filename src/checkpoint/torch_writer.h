#pragma once

#include <filesystem>
#include <optional>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Writes a state dict as torch.save does (a zip file, here without compression and with every
/// storage at a multiple of 64 bytes), atomically; `floating` as for write_safetensors. Throws
/// Error: io, invalid_argument.
void write_torch_archive(const std::filesystem::path& path, const TensorMap& tensors,
                         std::optional<DType> floating = {});

}  // namespace diptych::checkpoint
