#pragma once

#include <string>

#include "kernels/element.h"

namespace diptych::kernels {

/// The part of a processor that multiplies matrices.
enum class Unit {
  vector,       ///< multiply-adds of float32 in the active instruction set
  avx512_bf16,  ///< vdpbf16ps: two products of bf16 a lane
  avx512_vnni,  ///< vpdpbusd: four products of int8 a lane
  amx_bf16,     ///< tdpbf16ps: products of tiles of bf16
  amx_int8,     ///< tdpbusd: products of tiles of int8
};

/// Returns what multiplies operands of this element fastest here: a unit for it, or `vector`, which
/// computes in float32 whatever the weights are stored as. Follows the active instruction set.
Unit unit_for(Element multiplied);

/// Returns whether a unit works on AMX's tiles (kernels/amx.h).
constexpr bool works_on_tiles(Unit unit) {
  return unit == Unit::amx_bf16 || unit == Unit::amx_int8;
}

/// Returns "AVX-512 BF16", "AVX-512 VNNI", "AMX", or of `vector` the active instruction set,
/// "AVX2".
std::string name(Unit unit);

}  // namespace diptych::kernels
