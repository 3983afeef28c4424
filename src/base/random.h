#pragma once

#include <array>
#include <cstdint>

namespace diptych {

/// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64: the same numbers on every
/// platform, and a state of 32 bytes that a checkpoint can hold.
class Random {
 public:
  using State = std::array<std::uint64_t, 4>;

  /// Streams with different (seed, stream) pairs are independent for all practical purposes.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);
  explicit Random(const State& state) : state_(state) {}

  std::uint64_t next();
  /// Draws uniformly in [0, 1), 53 random bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Draws uniformly in [0, bound); `bound` at least 1. Without modulo bias.
  std::uint64_t below(std::uint64_t bound);
  /// Draws from the standard normal distribution (Box-Muller).
  double normal();
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace diptych
