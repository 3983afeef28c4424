#pragma once

#include <string>
#include <string_view>

namespace diptych::curate {

/// Each returns a hash (FIPS 180-4), SHA-224 or SHA-256, as 56 and 64 hexadecimal digits.
std::string sha224(std::string_view bytes);
std::string sha256(std::string_view bytes);

}  // namespace diptych::curate
