#pragma once

#include <string>
#include <string_view>

namespace diptych::text {

/// Undoes mojibake as ftfy 6.3.1's fix_encoding does: as long as the text looks bad (`is_bad`), it
/// is encoded in the likeliest single-byte encoding that has all its characters and decoded as
/// UTF-8; failing that, the parts that look like UTF-8 are so treated alone; failing that, C1
/// controls are read as Windows-1252. Thread-safe.
std::u32string fix_encoding(std::u32string_view text);

}  // namespace diptych::text
