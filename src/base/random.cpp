#include "base/random.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "base/splitmix.h"

namespace diptych {
Random::Random(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t state = seed ^ splitmix64(stream ^ 0xD1B54A32D192ED03);
  for (std::uint64_t& word : state_) {
    word = splitmix64(state);
    state += kSplitMixStep;
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t limit = bound * (~std::uint64_t{0} / bound);
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace diptych
