#pragma once

#include <filesystem>

#include "diptych/export.h"

namespace diptych {

/// What becomes of a file that stands at an output when that is finished.
enum class Existing {
  replaced,  ///< the output takes its place
  kept,      ///< it stays, also where another process has written it meanwhile: an error
};

/// Throws Error(invalid_argument) where an earlier result stands at `output`, which nobody asked to
/// replace: a file, or a folder that is not empty. A device or a pipe holds none.
DIPTYCH_API void refuse_earlier_result(const std::filesystem::path& output);

/// Makes a folder for results, and those above it, where they are not there. Throws Error(io), and
/// Error(invalid_argument) for one below a "~" that is none: the shell left it as it was.
DIPTYCH_API void make_output_folder(const std::filesystem::path& folder);

}  // namespace diptych
