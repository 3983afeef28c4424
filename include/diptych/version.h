#pragma once

#include <string_view>

#include "diptych/export.h"

namespace diptych {

/// Returns "major.minor.patch" of the library, as in CHANGELOG.md.
DIPTYCH_API std::string_view version() noexcept;

}  // namespace diptych
