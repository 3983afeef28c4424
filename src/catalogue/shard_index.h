#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::catalogue {

/// Returns whether a name is that of a file of weights in a folder, and leads nowhere else.
bool is_weights_file(std::string_view name);

/// Returns the files that an index lists (json/shard_index.h), sorted, each once. Throws Error: io,
/// not_found; corrupt_data for another content, a name that is none of weights beside it, or more
/// files than anybody has.
std::vector<std::string> shards_of(const std::filesystem::path& index);

}  // namespace diptych::catalogue
