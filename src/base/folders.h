#pragma once

#include <filesystem>

namespace diptych {

/// Makes a folder, and those above it, where they are not there. Returns whether it made it. Throws
/// Error(io).
bool make_folders(const std::filesystem::path& folder);

}  // namespace diptych
