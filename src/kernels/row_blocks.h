#pragma once

#include <algorithm>
#include <cstdint>

#include "base/parallel.h"

namespace diptych::kernels {

/// Calls body(row) for every row, in blocks shared among the threads when there is enough to do;
/// `work_per_row` is about the number of elements touched for one row.
template <typename Body>
void for_each_row(int rows, std::int64_t work_per_row, ThreadPool& pool, const Body& body) {
  // Below this, waking a thread costs more than the work.
  constexpr std::int64_t kMinBlockWork = 1 << 15;
  constexpr std::int64_t kBlocksPerThread = 4;
  const std::int64_t blocks = std::clamp<std::int64_t>(rows * work_per_row / kMinBlockWork, 1,
                                                       kBlocksPerThread * pool.size());
  pool.run(static_cast<std::size_t>(blocks), [&](std::size_t block) {
    const auto first = static_cast<int>(rows * static_cast<std::int64_t>(block) / blocks);
    const auto last = static_cast<int>(rows * static_cast<std::int64_t>(block + 1) / blocks);
    for (int row = first; row < last; ++row) body(row);
  });
}

}  // namespace diptych::kernels
