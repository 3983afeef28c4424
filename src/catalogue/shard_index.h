#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::catalogue {

/// Whether a file is the index of weights in several files, as transformers writes it.
bool is_shard_index(std::string_view file);

/// Whether a name is that of a file of weights in a folder, and leads nowhere else.
bool is_weights_file(std::string_view name);

/// The files that an index lists, sorted, each once; all lie beside it. Throws Error: io,
/// not_found; corrupt_data for another content, a name that leaves the folder, or more files than
/// anybody has.
std::vector<std::string> shards_of(const std::filesystem::path& index);

}  // namespace diptych::catalogue
