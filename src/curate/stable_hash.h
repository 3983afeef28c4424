#pragma once

#include <cstdint>
#include <string_view>

namespace diptych::curate {

/// Returns a hash of a text that is the same on every machine and in every version, for draws that
/// depend on no order. Not for keeping secrets: who chooses texts can make them collide.
std::uint64_t stable_hash(std::string_view text, std::uint64_t seed);

/// Returns the hash as a number in [0, 1), 53 bits.
double hash_to_unit(std::uint64_t hash);

}  // namespace diptych::curate
