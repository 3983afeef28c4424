#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace diptych::curate {

/// The rule by which pairs are drawn.
struct SoftCapRule {
  double penalty = 0.0;
  std::uint64_t seed = 0;
};

/// A pair in the race: its score below the best one's, and what its draws depend on.
struct Racer {
  double score = 0.0;
  std::uint64_t hash = 0;
};

/// Returns what the draws of a pair depend on.
std::uint64_t draw_hash(std::string_view key, const SoftCapRule& rule);

/// Returns how many draws of a pair come at or before `limit`, counting to `most`.
std::uint64_t draws_until(double limit, const Racer& racer, const SoftCapRule& rule,
                          std::uint64_t most);

/// Returns the time at which `draws` draws, at least 1, of all pairs have come; infinity where they
/// never do in numbers that can be told apart.
double time_of_draw(std::uint64_t draws, std::span<const Racer> racers, const SoftCapRule& rule);

}  // namespace diptych::curate
