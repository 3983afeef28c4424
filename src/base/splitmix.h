#pragma once

#include <cstdint>

namespace diptych {

/// By how much the state grows from one number of SplitMix64 to the next.
inline constexpr std::uint64_t kSplitMixStep = 0x9E37'79B9'7F4A'7C15;

/// Returns the number that SplitMix64 makes of a state (Steele, Lea and Flood, 2014): 64 bits that
/// all depend on all of it.
inline std::uint64_t splitmix64(std::uint64_t state) {
  std::uint64_t value = state + kSplitMixStep;
  value = (value ^ (value >> 30U)) * 0xBF58'476D'1CE4'E5B9;
  value = (value ^ (value >> 27U)) * 0x94D0'49BB'1331'11EB;
  return value ^ (value >> 31U);
}

}  // namespace diptych
