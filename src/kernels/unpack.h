#pragma once

#include <cstdint>

#include "kernels/packed_linear.h"

namespace diptych::kernels {

/// Writes inputs [first, first + count) of a panel whose weights are stored as bf16 or int8 as
/// float32 [count, kPanelWidth], the values that they stand for. `first` is a multiple of four;
/// there is room for `count` rounded up to one.
void unpack_floats(const PackedLinear& layer, int panel, int first, int count, float* out);

/// Writes words [first, first + count) of a panel of int8 as words of bf16 [2 count, kPanelWidth],
/// without the scales: whole numbers of eight bits are bf16 exactly.
void unpack_bf16(const PackedLinear& layer, int panel, int first, int count, std::uint32_t* out);

}  // namespace diptych::kernels
