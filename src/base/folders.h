#pragma once

#include <filesystem>
#include <vector>

namespace diptych {

/// Makes a folder, and those above it, where they are not there. Returns whether it made it. Throws
/// Error(io).
bool make_folders(const std::filesystem::path& folder);

/// Returns what lies in a folder itself, in any order. Throws Error(io), naming the folder.
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder);

}  // namespace diptych
