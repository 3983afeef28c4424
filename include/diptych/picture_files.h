#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace diptych {

/// Whether the file name ends as one of the picture formats `load_image` reads (.jpg, .jpeg, .png,
/// .webp, .gif, .bmp), in either case.
bool has_picture_name(const std::filesystem::path& path);

/// The paths with every folder replaced by the files with picture names in it and below it, sorted
/// by path; other paths stay as they are, existing or not, so that the failure to read one is
/// reported with the rest. Symbolic links to files are followed, those to folders are not. Throws
/// Error: invalid_argument for a folder without pictures, io for a folder that cannot be read.
std::vector<std::filesystem::path> expand_folders(std::span<const std::filesystem::path> paths);

}  // namespace diptych
