#pragma once

#include <string>
#include <string_view>

namespace diptych::curate {

/// Return SHA-224 and SHA-256 (FIPS 180-4) as 56 and 64 hexadecimal digits.
std::string sha224(std::string_view bytes);
std::string sha256(std::string_view bytes);

}  // namespace diptych::curate
