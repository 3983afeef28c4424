#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tensor/dtype.h"

namespace diptych::checkpoint {

/// A type that ggml stores tensors in.
struct GgmlType {
  std::uint32_t id;            ///< its number in files
  std::string_view name;       ///< ggml's own
  std::uint32_t block;         ///< elements that are stored together
  std::uint32_t bytes;         ///< of a block
  std::optional<DType> dtype;  ///< none for quantised types
};

/// Returns a type by its number, nullptr for a type that diptych does not read.
const GgmlType* find_ggml_type(std::uint32_t id);

/// Turns blocks of a quantised type into float32, written to `out`, which holds every element.
void dequantise(const GgmlType& type, std::span<const std::byte> blocks, std::span<std::byte> out);

}  // namespace diptych::checkpoint
