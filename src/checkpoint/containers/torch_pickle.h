#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/containers/find_model.h"
#include "checkpoint/containers/pickle.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/containers/stored_sums.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// The bytes of a storage: its key, and the bytes it must have. Throws Error(corrupt_data) when it
/// has not.
using StorageLookup =
    std::function<std::span<const std::byte>(std::string_view key, std::uint64_t bytes)>;

/// A storage as a persistent id of torch.save states it.
struct StorageDescription {
  std::string_view key;
  std::size_t element_size;  ///< in bytes
};

/// Returns what a node says of a storage, or none when the node is something else.
std::optional<StorageDescription> describe_storage(const Pickle& pickle, const Pickle::Node& node);

/// What a torch.save or torch.jit.save file holds for us.
struct TorchContent {
  TensorMap tensors;  ///< without `storage`: the views live as long as what `lookup` gave
  Metadata metadata;  ///< the texts and whole numbers beside the state dict: epoch, name, step ...
  bool script = false;  ///< a TorchScript module, not a state dict
  /// Plain sentences on what the file holds besides and was left.
  std::vector<std::string> notes;
  /// What the archive keeps of the storages that the tensors lie in; not compared yet.
  std::vector<StoredSum> sums;
};

/// Finds the weights of a model that `recognises` knows wherever they lie in the pickle
/// (find_model.h; in one without such a model the dictionary of most tensors), or walks the module
/// objects of TorchScript, joining attribute names with dots. Tensors are views where they are
/// dense; strided ones are copied, `copy_limit` bytes in all. Other tensors, the optimiser's, are
/// never looked at. Throws Error: corrupt_data, unsupported, out_of_memory.
TorchContent read_torch_content(const Pickle& pickle, const StorageLookup& lookup,
                                std::uint64_t copy_limit, const std::string& name,
                                RecognisesModel recognises = nullptr);

}  // namespace diptych::checkpoint
