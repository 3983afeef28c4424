#pragma once

#include <cstdint>
#include <vector>

#include "network/model.h"
#include "network/operations/sequences.h"

namespace diptych::engine {

/// Returns how many inputs of a model make a batch whose widest activation has so many floats; at
/// least 1.
int pictures_per_batch(const network::Model& model, std::int64_t floats);
int tokens_per_batch(const network::Model& model, std::int64_t floats);

/// Returns the size of the fewest batches of at most `limit` that `count` inputs fit in, as equal
/// as can be: 16 for 32 inputs and a limit of 27. At least 1.
int even_batch(int count, int limit);

/// Texts in the order in which they are computed.
struct TextOrder {
  std::vector<int> texts;
  /// Of each of `texts`: the tokens that it has in common with the one before it and that are
  /// computed once for both.
  std::vector<int> shared;
};

/// Puts those of like length together.
TextOrder order_by_length(const network::Sequences& sequences);
/// Puts those that begin alike together. A text shares all but its last token at most: that one's
/// row is its own.
TextOrder order_by_prefix(const network::Tokens& texts);

/// Returns which texts make each batch: in their order, as many as have `tokens` tokens to compute
/// (one text at least), and at most `texts`, where zero means any number.
std::vector<std::vector<int>> text_batches(const network::Sequences& sequences,
                                           const TextOrder& order, int tokens, int texts);

}  // namespace diptych::engine
