#pragma once

#include <string>

#include "kernels/element.h"

namespace diptych::kernels {

/// The part of a processor that multiplies matrices.
enum class Unit {
  vector,       ///< multiply-adds of float32 in the active instruction set
  avx512_bf16,  ///< vdpbf16ps: two products of bf16 a lane
  avx512_vnni,  ///< vpdpbusd: four products of int8 a lane
};

/// Returns what multiplies operands of this element fastest here: a unit for it, or `vector`, which
/// computes in float32 whatever the weights are stored as. Follows the active instruction set.
Unit unit_for(Element multiplied);

/// Returns "AVX-512 BF16", "AVX-512 VNNI", or of `vector` the active instruction set, "AVX2".
std::string name(Unit unit);

}  // namespace diptych::kernels
