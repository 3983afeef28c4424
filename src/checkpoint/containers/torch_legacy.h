#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "checkpoint/containers/torch_pickle.h"

namespace diptych::checkpoint {

/// Returns whether the bytes begin as torch.save wrote before version 1.6.
bool looks_like_legacy_torch(std::span<const std::byte> bytes);

/// Reads such a file: several pickles one after another, then the storages. As read_torch_archive.
TorchContent read_legacy_torch(std::span<const std::byte> bytes, const std::string& name,
                               std::shared_ptr<const void> keep_alive,
                               RecognisesModel recognises = nullptr);

}  // namespace diptych::checkpoint
