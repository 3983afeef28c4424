#pragma once

#include "checkpoint/containers/container.h"
#include "checkpoint/families/family.h"
#include "checkpoint/load.h"
#include "checkpoint/source/model_files.h"

namespace diptych::checkpoint {

/// Has the towers and the preprocessing made for the sizes that are asked for, if any are. Throws
/// Error(unsupported) for the size of a tower that is absent.
void apply_requested_sizes(const LoadRequest& request, ModelFile& model);

/// Does everything of loading but reading the container and placing its weights: has what is in
/// eight bits computed as float32, parses what the files say, applies the sizes that are asked for,
/// validates the config, fuses layers that are stored as branches, and fits position tables. Throws
/// Error as load_model_file.
ParsedModel prepare_model(const ModelFiles& files, Container container,
                          const LoadRequest& request = {});

}  // namespace diptych::checkpoint
