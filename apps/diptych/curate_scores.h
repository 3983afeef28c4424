#pragma once

#include <filesystem>
#include <string>

#include "curate_each.h"

/// What a shard's scores are called after its name.
inline constexpr const char* kScoresEnding = ".scores.jsonl";

/// Returns the file in which curate score --each DIR left the scores of a shard.
inline std::filesystem::path scores_file(const std::filesystem::path& folder,
                                         const std::string& shard) {
  return folder / (name_without_packing(shard) + kScoresEnding);
}
