#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::kernels {

/// Returns the instruction set the kernels use: "amx" (AVX-512 with AMX's tiles beside it), or as
/// Highway names it, in lower case, "avx3" (AVX-512), "avx2", "sse4", "neon", "scalar", ... The
/// best one the processor has, unless the environment variable DIPTYCH_ISA names another. Throws
/// Error(invalid_argument) when that one is not among `available_isas`. Thread-safe.
std::string active_isa();

/// Returns those compiled in that this processor has, best first.
std::vector<std::string> available_isas();

/// Uses this instruction set from now on, whatever the environment says; not while a kernel runs.
/// Throws Error(invalid_argument) when it is not among `available_isas`.
void use_isa(std::string_view name);

/// Makes the choice above if it is still open. Every kernel calls this before it dispatches.
void choose_isa();

}  // namespace diptych::kernels
