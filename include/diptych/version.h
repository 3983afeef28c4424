#pragma once

#include <string_view>

namespace diptych {

/// "major.minor.patch" of the library, as in CHANGELOG.md.
std::string_view version() noexcept;

}  // namespace diptych
