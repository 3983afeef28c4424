#pragma once

#include <memory>
#include <string>

#include "checkpoint/containers/torch_pickle.h"
#include "checkpoint/containers/zip_archive.h"

namespace diptych::checkpoint {

/// Reads the zip file of torch.save (1.6 and later) or torch.jit.save. The tensors are views into
/// the archive's bytes, which `keep_alive` owns, except strided ones, which are copied. Throws
/// Error: corrupt_data, unsupported, out_of_memory.
TorchContent read_torch_archive(const ZipArchive& archive, const std::string& name,
                                std::shared_ptr<const void> keep_alive,
                                RecognisesModel recognises = nullptr);

}  // namespace diptych::checkpoint
