#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "diptych/image.h"

namespace diptych::curate {

/// Returns what a picture looks like in 64 bits: whether each of 8 x 8 fields is brighter than its
/// left neighbour. Nothing for a picture too flat to tell.
std::optional<std::uint64_t> picture_hash(const Image& image);

/// Hashes that are searched for by their distance.
class NearHashes {
 public:
  /// `distance`: bits in which two hashes may differ, 0 to 7.
  explicit NearHashes(int distance);

  bool has_near(std::uint64_t hash) const;
  void insert(std::uint64_t hash);

 private:
  std::uint64_t band(std::uint64_t hash, std::size_t number) const;

  int distance_;
  /// Two hashes that differ in fewer bits than there are bands have a band in common.
  std::vector<std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>> bands_;
};

}  // namespace diptych::curate
