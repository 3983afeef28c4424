#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/parallel.h"

namespace diptych::curate {

/// Embeddings of unit length, all as wide.
using EmbeddingRows = std::vector<std::vector<float>>;

/// Returns the centres of `count` clusters, 1 to as many as there are rows: k-means by cosine, of
/// at most 256 rows a cluster that are drawn with `seed`. The same whatever the threads.
EmbeddingRows cluster_centres(const EmbeddingRows& rows, std::size_t count, std::uint64_t seed,
                              ThreadPool& pool);

/// Returns for each row the largest cosine to another row of its cluster (that of the nearest
/// centre) which lies farther from the centre, -1 where there is none. So SemDeDup (Abbas et al.,
/// 2023) orders a cluster: what is unlike the others stays. The same whatever the threads.
std::vector<float> similarity_to_farther(const EmbeddingRows& rows, const EmbeddingRows& centres,
                                         ThreadPool& pool);

}  // namespace diptych::curate
