#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/containers/find_model.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/containers/stored_sums.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

enum class ContainerKind { safetensors, torch_zip, torch_script, torch_legacy, npz, gguf };

/// Returns "safetensors", "torch zip", "TorchScript", "torch pickle", "npz", "GGUF".
std::string_view name(ContainerKind kind);

/// A file's bytes and what keeps them.
struct FileBytes {
  std::string name;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;
};

/// Maps a file. Throws Error: not_found, io.
FileBytes map_file(const std::string& path);

/// Named tensors as some program stored them, under that program's names.
struct Container {
  ContainerKind kind = ContainerKind::safetensors;
  TensorMap tensors;
  Metadata metadata;
  /// Plain sentences on what the file holds besides and was left.
  std::vector<std::string> notes;
  /// Sums that the file keeps of its weights. Reading does not compare them, as it reads no
  /// weights: that is for who is about to use these (check_sums).
  std::vector<StoredSum> sums;
};

/// Reads a file of any known container, told apart by content. What wrappers put before and into
/// the names of a model that `recognises` knows is stripped (find_model.h). Throws Error:
/// corrupt_data, unsupported (also when the content is no known container), out_of_memory.
Container read_container(const FileBytes& file, RecognisesModel recognises = nullptr);

/// Reads one of several files that make a model, as read_container, under the names that it has.
Container read_part(const FileBytes& file, RecognisesModel recognises = nullptr);

/// Leaves of a container the weights of a model that `recognises` knows, under its own names.
void take_model(Container& container, RecognisesModel recognises);

}  // namespace diptych::checkpoint
