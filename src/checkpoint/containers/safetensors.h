#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/atomic_file.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// The free text a file carries beside its tensors (`__metadata__`).
using Metadata = std::map<std::string, std::string, std::less<>>;

struct Safetensors {
  TensorMap tensors;
  Metadata metadata;
};

/// Maps a safetensors file. The views point into the mapping, which the result keeps. The format's
/// rules hold or Error(corrupt_data) names the one that does not: header within the file and 100
/// MB, one JSON object without duplicate keys, known dtypes, shape x dtype = bytes, and tensors
/// that fill the file without hole or overlap. Dtypes that TensorView has not: Error(unsupported).
/// Also not_found and io.
Safetensors open_safetensors(const std::filesystem::path& path);

/// Does the same over bytes that `keep_alive` owns; `name` stands for the file in messages.
Safetensors open_safetensors(std::span<const std::byte> bytes, const std::string& name,
                             std::shared_ptr<const void> keep_alive);

/// Reads only the tensors.
TensorMap read_safetensors(const std::filesystem::path& path);
TensorMap read_safetensors(std::span<const std::byte> bytes, const std::string& name,
                           std::shared_ptr<const void> keep_alive);

/// Writes the file atomically; data starts at a multiple of 64 bytes and every tensor at a multiple
/// of its element's size. `floating`, when given, is what every floating-point tensor becomes, one
/// at a time, so that a file larger than memory can be converted. Throws Error: io, and
/// invalid_argument for a name that is not UTF-8, a finite value that does not fit `floating`, or a
/// file there already that is kept.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const Metadata& metadata = {}, std::optional<DType> floating = {},
                       Existing existing = Existing::replaced);

}  // namespace diptych::checkpoint
