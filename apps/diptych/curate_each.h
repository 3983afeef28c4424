#pragma once

#include <diptych/curation.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "command.h"

// Stages with an output for each input: what is done is not done again, and several processes share
// the inputs.

/// Declares --each.
Option each_option(Command command, std::filesystem::path& folder);

/// Calls `work` on each input that is this process's and lacks an output: the files NAME + an
/// ending in the folder, NAME being the input's without .gz or .zst. An input whose work throws is
/// named on stderr, and the next one follows. Returns the exit status: 0 when all outputs of this
/// process are there, 1 when some are not, and the first error's own when none is. Throws
/// Error(invalid_argument) for two inputs of one name.
int for_each_input(
    const std::vector<std::string>& inputs, const std::filesystem::path& folder,
    const std::vector<std::string>& endings,
    const std::function<int(const std::filesystem::path& input,
                            const std::vector<std::filesystem::path>& outputs)>& work);
