#pragma once

#include <filesystem>

#include "diptych/arrays.h"

namespace diptych::api {

/// Writes one array as a NumPy file, format version 1.0 (numpy.lib.format), atomically. Throws
/// Error(io).
void write_npy(const std::filesystem::path& path, const Array& array);

}  // namespace diptych::api
