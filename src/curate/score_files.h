#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// Calls `take` with the key and score of each pair of a file that score_samples wrote, in order.
/// Throws Error: not_found, io, corrupt_data.
void read_scores(const std::filesystem::path& path,
                 const std::function<void(std::string_view key, double score)>& take);

/// Returns the score at which the best `share`, above 0 to 1, of some scores ends. `scores` are at
/// least one; their order changes.
double least_of_best(std::vector<double>& scores, double share);

}  // namespace diptych::curate
