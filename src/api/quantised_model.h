#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/convert.h"
#include "diptych/model.h"

namespace diptych::api {

/// Writes a model whose towers are to be computed in int8 into a folder: runs the calibration set
/// through `model` in fp32, decides by layer how it is rounded (engine/calibration.h), writes, and
/// compares what the folder's model computes of the same set. `file` is what is written; its
/// quantisation and loss are set. Returns what was decided and what it costs, a sentence each.
/// Throws Error: invalid_argument for a calibration set that is too small, the first Failure of a
/// picture or text that cannot be read, io.
std::vector<std::string> write_quantised(const Model& model, const std::filesystem::path& folder,
                                         const CalibrationSet& set, checkpoint::ModelFile& file);

}  // namespace diptych::api
