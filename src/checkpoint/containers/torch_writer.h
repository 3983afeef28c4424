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

/// Writes the tensors as a TorchScript archive: nested modules that hold them and can compute
/// nothing. torch.jit.load takes it, and its state_dict() has the tensors by their names, whose
/// parts between dots are the modules'. Throws Error: io; invalid_argument too for a name that is
/// not made of letters, digits and underscores, or that stands for a tensor and a module.
void write_torch_script(const std::filesystem::path& path, const TensorMap& tensors,
                        std::optional<DType> floating = {});

}  // namespace diptych::checkpoint
