#pragma once

#include <cstdint>
#include <vector>

#include "network/operations/sequences.h"

namespace diptych::network {

/// Which keys a query sees of those that its sequence has.
enum class Mask {
  full,  ///< all
  /// Those up to its own place. The queries are the last of the keys, or, where there are more
  /// queries than keys, the first queries are the keys.
  causal,
};

/// Which rows of keys and values the queries of packed sequences see: those of their own sequence,
/// those of another (a picture's), those of a prefix that many sequences share, or those that a
/// cache has of a text.
struct AttentionPattern {
  Sequences queries;
  Sequences keys;  ///< of `key_rows`, or of the rows as they lie
  /// The keys of all sequences, one sequence after the other; a row may be a key of many. Empty:
  /// they lie so.
  std::vector<std::int32_t> key_rows;
  Mask mask = Mask::full;
  /// What is added to the scores of each key of all sequences, after scaling; only where the mask
  /// is full. Empty: nothing.
  std::vector<float> key_bias = {};

  /// Makes the pattern of sequences that see themselves.
  static AttentionPattern within(const Sequences& sequences, Mask mask) {
    return {.queries = sequences, .keys = sequences, .key_rows = {}, .mask = mask};
  }
  /// Makes the pattern of sequences that see all of others, number by number.
  static AttentionPattern between(const Sequences& queries, const Sequences& keys) {
    return {.queries = queries, .keys = keys, .key_rows = {}, .mask = Mask::full};
  }
  /// Makes the pattern of one row of every sequence that sees all of it.
  static AttentionPattern pooling(const Sequences& sequences) {
    return between(Sequences::uniform(sequences.count(), 1), sequences);
  }
};

}  // namespace diptych::network
