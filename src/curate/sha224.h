#pragma once

#include <string>
#include <string_view>

namespace diptych::curate {

/// Returns SHA-224 (FIPS 180-4) as 56 hexadecimal digits.
std::string sha224(std::string_view text);

}  // namespace diptych::curate
