#pragma once

#include <map>
#include <string>

#include "shards/dataset.h"

namespace diptych::train {

/// A digest of the sizes of pictures that tables name.
inline constexpr const char* kPictureSizes = "picture_sizes";
/// When the newest of a table's pictures was written: a copy of the data has other times, so this
/// alone makes no other data.
inline constexpr const char* kNewestPicture = "newest_picture";

/// Returns what tells a data set from another one: samples, files, bytes, and a digest of its files
/// in their order: tables and shards of up to 4 MiB whole, of larger shards 64 blocks. Of pictures
/// that tables name, `kPictureSizes` of up to 65,536, evenly spread, and `kNewestPicture`.
/// Where the files lie is no part of it.
std::map<std::string, std::string> identify_data(const shards::Dataset& dataset);

}  // namespace diptych::train
