#pragma once

#include <string_view>

#include "diptych/export.h"

namespace diptych {

/// Returns whether nothing is to be seen of a text: it is empty, or has white space, control
/// characters but zero, and characters that take no place alone, as the zero width space, the byte
/// order mark, the soft hyphen and marks of direction.
DIPTYCH_API bool is_blank(std::string_view text) noexcept;

}  // namespace diptych
