#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// Files that lie in a folder and are not taken as pictures: how many of each kind. A kind is the
/// name's ending in lower case (".txt"), or words for what has none or is no ordinary file.
using SkippedFiles = std::map<std::string, std::size_t>;

/// Returns whether the file name ends as one of the picture formats `load_image` reads (.jpg,
/// .jpeg, .jpe, .jfif, .png, .webp, .gif, .bmp, .dib, .tif, .tiff, .heic, .heif, .hif, .avif, and
/// the RAW formats .dng, .cr2, .nef, .nrw, .arw, .sr2, .pef, .raf), in either case.
DIPTYCH_API bool has_picture_name(const std::filesystem::path& path);

/// Returns whether a folder is, by its name, one that programs keep for themselves: hidden ones
/// (".thumbnails", ".git"), the "@eaDir" in which servers keep smaller copies, macOS's "__MACOSX".
DIPTYCH_API bool is_metadata_folder(const std::filesystem::path& folder);

/// Returns the paths with every folder replaced by the pictures in it and below it, sorted by path;
/// other paths stay as they are, existing or not, so that the failure to read one is reported with
/// the rest. A picture is what has a picture name, readable or not, and what starts as a picture
/// does under another name. Hidden files and metadata folders below are passed over and counted;
/// one that is given itself is read. Symbolic links to files are followed, those to folders are
/// not. What lies there besides is counted in `skipped`, when that is given. A folder that cannot
/// be read stays in the list as it is, for the same reason. Throws Error(invalid_argument) for a
/// folder without pictures, saying what is there instead.
DIPTYCH_API std::vector<std::filesystem::path> expand_folders(
    std::span<const std::filesystem::path> paths, SkippedFiles* skipped = nullptr);

/// Returns "12 .txt, 3 .mp4, 1 without an ending", the most frequent first; "nothing" for none.
DIPTYCH_API std::string describe(const SkippedFiles& skipped);

/// Returns FNV-1a of at most so many of a file's first bytes, which tells most files of one size
/// apart; of a file that cannot be read the same as of an empty one.
DIPTYCH_API std::uint64_t beginning_hash(const std::filesystem::path& file, std::uint64_t bytes);

/// Returns for every file the place of the first one with the same bytes, which is its own when
/// there is none before it. A file that cannot be read is like no other.
DIPTYCH_API std::vector<std::size_t> first_with_same_bytes(
    std::span<const std::filesystem::path> files);

}  // namespace diptych
