#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "shards/dataset.h"

namespace diptych::curate {

/// How a sample's key is used within its file.
struct KeyUse {
  enum class Kind {
    alone,     ///< no other sample has it
    repeated,  ///< an earlier sample has it, with a part of the same extension
    apart,     ///< the samples of it have different parts, as of one that was torn apart
  };
  Kind kind = Kind::alone;
  /// Of the first sample of a key that is `apart`: the others.
  std::vector<std::size_t> others;
};

/// Returns one use for each sample of a file, in order.
std::vector<KeyUse> key_uses(const shards::Dataset& file);

/// The keys of all files so far, as hashes.
class KnownKeys {
 public:
  /// Takes in a key; returns whether it was there before.
  bool insert(std::string_view key);

 private:
  std::unordered_set<std::uint64_t> keys_;
};

}  // namespace diptych::curate
