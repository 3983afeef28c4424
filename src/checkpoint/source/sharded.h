#pragma once

#include <string>

#include "checkpoint/containers/container.h"
#include "checkpoint/source/model_files.h"

namespace diptych::checkpoint {

/// Reads the checkpoint in `file`; when that is the index of a checkpoint in several files, as
/// transformers writes it (model.safetensors.index.json), all of them as one. Throws Error:
/// corrupt_data when index and files contradict each other or a name leaves the folder, and as
/// read_container.
Container read_weights(const ModelFiles& files, const std::string& file,
                       RecognisesModel recognises);

}  // namespace diptych::checkpoint
