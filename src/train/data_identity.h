#pragma once

#include <map>
#include <string>

#include "shards/dataset.h"

namespace diptych::train {

/// Returns what tells a data set from another one: samples, files, bytes, and a digest of its files
/// in their order: tables and shards of up to 4 MiB whole, of larger shards 64 blocks. Where the
/// files lie is no part of it.
std::map<std::string, std::string> identify_data(const std::string& sources,
                                                 const shards::Dataset& dataset);

}  // namespace diptych::train
