#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace diptych::curate {

/// Calls `take` with the key and score of each pair of a file that score_samples wrote, in order.
/// Throws Error: not_found, io, corrupt_data.
void read_scores(const std::filesystem::path& path,
                 const std::function<void(std::string_view key, double score)>& take);

}  // namespace diptych::curate
