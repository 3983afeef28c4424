#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "checkpoint/containers/zip_archive.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Returns whether every entry of the archive is a .npy file.
bool looks_like_npz(const ZipArchive& archive);

/// Returns the arrays of a numpy.savez file, named without ".npy", as views into the archive's
/// bytes. Throws Error: corrupt_data, and unsupported for arrays in Fortran order or of a dtype
/// that TensorView has not.
TensorMap read_npz(const ZipArchive& archive, const std::string& name,
                   std::shared_ptr<const void> keep_alive);

}  // namespace diptych::checkpoint
