#pragma once

#include <cstdint>
#include <vector>

#include "network/operations/sequences.h"

namespace diptych::train {

/// Pairs of a step: picture i, text i and group i belong together.
struct Batch {
  std::vector<float> pixels;  ///< [pairs, 3, side, side], normalised
  int side = 0;
  network::Tokens tokens;
  std::vector<std::int64_t> groups;  ///< as contrastive_loss takes them; may be empty

  int pairs() const { return tokens.sequences.count(); }
  network::Pixels images() const { return {pixels.data(), pairs(), side, side}; }
};

}  // namespace diptych::train
