#pragma once

#include <cstdint>
#include <vector>

#include "network/model.h"
#include "network/operations/sequences.h"

namespace diptych::engine {

/// How many inputs of a model make a batch whose widest activation has so many floats; at least 1.
int pictures_per_batch(const network::Model& model, std::int64_t floats);
int tokens_per_batch(const network::Model& model, std::int64_t floats);

/// Returns the size of the fewest batches of at most `limit` that `count` inputs fit in, as equal
/// as can be: 16 for 32 inputs and a limit of 27. At least 1.
int even_batch(int count, int limit);

/// Returns which texts make each batch: those of like length together, as many as have `tokens`
/// tokens (one text at least), and at most `texts`, where zero means any number.
std::vector<std::vector<int>> text_batches(const network::Sequences& sequences, int tokens,
                                           int texts);

}  // namespace diptych::engine
