#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/safetensors.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

enum class ContainerKind { safetensors, torch_zip, torch_script, torch_legacy, npz, gguf };

/// "safetensors", "torch zip", "TorchScript", "torch pickle", "npz", "GGUF".
std::string_view name(ContainerKind kind);

/// A file's bytes and what keeps them.
struct SourceFile {
  std::string name;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;
};

/// Maps a file. Throws Error: not_found, io.
SourceFile map_file(const std::string& path);

/// Named tensors as some program stored them, under that program's names.
struct Container {
  ContainerKind kind = ContainerKind::safetensors;
  TensorMap tensors;
  Metadata metadata;
};

/// Reads a file of any known container, told apart by content. Prefixes that wrappers put before
/// every name (`module.`, `_orig_mod.`) are stripped. Throws Error: corrupt_data, unsupported (also
/// when the content is no known container), out_of_memory.
Container read_container(const SourceFile& file);

}  // namespace diptych::checkpoint
