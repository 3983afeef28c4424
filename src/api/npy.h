#pragma once

#include <filesystem>

#include "diptych/arrays.h"
#include "diptych/output_file.h"

namespace diptych::api {

/// Writes one array as a NumPy file, format version 1.0 (numpy.lib.format), atomically. Throws
/// Error(io), and as AtomicFile for an existing file that is kept.
void write_npy(const std::filesystem::path& path, const Array& array,
               Existing existing = Existing::replaced);

}  // namespace diptych::api
