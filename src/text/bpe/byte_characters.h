#pragma once

#include <array>
#include <string>
#include <string_view>

namespace diptych::text {

/// Returns the bytes in the order that byte-level BPE gives them (Radford et al., 2019): those that
/// Latin-1 can print, then the others.
std::array<char, 256> bytes_in_order();

/// Returns the bytes of a token as vocabularies and merges write it: printable ones as Latin-1's
/// character, the others as those from U+0100 on. Throws Error(corrupt_data) for any other
/// character.
std::string token_bytes(std::string_view written);

}  // namespace diptych::text
