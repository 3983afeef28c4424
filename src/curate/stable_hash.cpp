#include "curate/stable_hash.h"

#include <cstring>

#include "base/splitmix.h"

namespace diptych::curate {

std::uint64_t stable_hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = splitmix64(seed) ^ text.size();
  for (std::size_t i = 0; i < text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;  // little-endian, as every platform of ours
    std::memcpy(&word, text.data() + i, text.size() - i < 8 ? text.size() - i : 8);
    hash = splitmix64(hash ^ word);
  }
  return splitmix64(hash);
}

double hash_to_unit(std::uint64_t hash) {
  return static_cast<double>(hash >> 11U) * 0x1.0p-53;
}

}  // namespace diptych::curate
