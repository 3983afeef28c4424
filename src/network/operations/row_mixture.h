#pragma once

#include <cstdint>
#include <vector>

namespace diptych::network {

/// Rows that are weighted sums of others: row i sums `weights[k]` times row `rows[k]` over k in
/// [offsets[i], offsets[i + 1]).
struct RowMixture {
  std::vector<std::int32_t> offsets = {0};
  std::vector<std::int32_t> rows;
  std::vector<float> weights;

  int count() const { return static_cast<int>(offsets.size()) - 1; }
};

}  // namespace diptych::network
