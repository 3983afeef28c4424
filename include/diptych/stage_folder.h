#pragma once

#include <filesystem>
#include <string>

#include "diptych/export.h"

namespace diptych {

/// Makes a folder that the outputs of one command go to, whichever process and run writes them:
/// STAGE.command in it holds `command`, what their bytes depend on, from the first run on. Throws
/// Error: io, and invalid_argument where another command stands there.
DIPTYCH_API void claim_folder(const std::filesystem::path& folder, const std::string& stage,
                              const std::string& command);

}  // namespace diptych
