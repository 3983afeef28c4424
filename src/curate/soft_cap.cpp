#include "curate/soft_cap.h"

#include <cmath>
#include <limits>

#include "base/splitmix.h"
#include "curate/stable_hash.h"

namespace diptych::curate {

namespace {

/// Apart from other draws of the same key and seed.
constexpr std::uint64_t kSoftCapDraw = 0x5CA9'D4A3'0C5B'71E9ULL;

/// Counts draws up to a limit, until there are `most`.
std::uint64_t draws_of_all(double limit, std::span<const Racer> racers, const SoftCapRule& rule,
                           std::uint64_t most) {
  std::uint64_t draws = 0;
  for (const Racer& racer : racers) {
    draws += draws_until(limit, racer, rule, most - draws);
    if (draws == most) break;
  }
  return draws;
}

}  // namespace

std::uint64_t draw_hash(std::string_view key, const SoftCapRule& rule) {
  return stable_hash(key, rule.seed ^ kSoftCapDraw);
}

std::uint64_t draws_until(double limit, const Racer& racer, const SoftCapRule& rule,
                          std::uint64_t most) {
  double time = 0.0;
  for (std::uint64_t draw = 0; draw < most; ++draw) {
    // Of the rate exp(score - penalty draws): the first of many such clocks to ring is each of them
    // with a chance in proportion to its rate, and what has passed counts for none.
    const double wait = -std::log1p(-hash_to_unit(splitmix64(racer.hash + draw * kSplitMixStep)));
    time += wait * std::exp(rule.penalty * static_cast<double>(draw) - racer.score);
    if (!(time <= limit)) return draw;
  }
  return most;
}

double time_of_draw(std::uint64_t draws, std::span<const Racer> racers, const SoftCapRule& rule) {
  const auto has_enough = [&](double limit) {
    return draws_of_all(limit, racers, rule, draws) == draws;
  };
  double enough = 1.0;
  while (!has_enough(enough)) {
    enough *= 16.0;
    if (std::isinf(enough)) return enough;
  }
  double few = enough;
  while (few > 0.0 && has_enough(few)) few /= 16.0;
  while (true) {
    const double middle = few + (enough - few) / 2.0;
    if (!(middle > few && middle < enough)) return enough;
    (has_enough(middle) ? enough : few) = middle;
  }
}

}  // namespace diptych::curate
