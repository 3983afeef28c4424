#pragma once

#include <string>

namespace diptych {

/// Returns text with U+FFFD for what is no UTF-8.
std::string repaired_text(std::string text);

}  // namespace diptych
