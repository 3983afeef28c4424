#pragma once

#include <filesystem>
#include <vector>

namespace diptych {

/// Makes a folder, and those above it, where they are not there. Returns whether it made it. Throws
/// Error(io), and Error(invalid_argument) for one below a "~" that is none: the shell left it.
bool make_folders(const std::filesystem::path& folder);

/// Throws Error(invalid_argument) for a folder that is not there and is called as a file is
/// ("model.safetensors"): a file was expected of a command that makes a folder.
void refuse_file_name(const std::filesystem::path& folder);

/// Returns what lies in a folder itself, in any order. Throws Error(io), naming the folder.
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder);

}  // namespace diptych
