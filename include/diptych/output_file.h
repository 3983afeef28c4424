#pragma once

#include <filesystem>

#include "diptych/export.h"

namespace diptych {

/// Throws Error(invalid_argument) where an earlier result stands at `output`, which nobody asked to
/// replace: a file, or a folder that is not empty. A device or a pipe holds none.
DIPTYCH_API void refuse_earlier_result(const std::filesystem::path& output);

}  // namespace diptych
