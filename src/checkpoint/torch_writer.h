#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Writes a state dict as torch.save does (a zip file, here without compression and with every
/// storage at a multiple of 64 bytes), atomically; `floating` as for write_safetensors. With a name
/// `under` the file holds a dictionary with the state dict under it, as training programs save
/// theirs. Throws Error: io, invalid_argument.
void write_torch_archive(const std::filesystem::path& path, const TensorMap& tensors,
                         std::optional<DType> floating = {}, std::string_view under = {});

}  // namespace diptych::checkpoint
