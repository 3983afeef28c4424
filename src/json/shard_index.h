#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace diptych {

/// Says whether a file is the index of weights in several files, as transformers writes it.
bool is_shard_index(std::string_view file);

/// Reads such an index: for every tensor the file that it lies in, which lies beside the index.
/// Throws Error(corrupt_data) for another content and for a name that leaves the folder.
std::map<std::string, std::string> read_shard_index(std::span<const std::byte> text,
                                                    const std::string& name);

}  // namespace diptych
