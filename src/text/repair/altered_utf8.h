#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diptych::text {

// Repairs on the bytes of mojibake before they are decoded as UTF-8 again: byte sequences that are
// nearly UTF-8. Facts of ftfy 6.3.1. All are thread-safe.

/// Turns a space back into the byte A0 (a no-break space in most encodings) where that completes a
/// likely character; "Ã " before a word is "à " with its space kept.
std::string restore_byte_a0(std::string_view bytes);

/// Replaces sequences of which some continuation bytes were lost (1A, or one "?") by U+FFFD.
std::string replace_lossy_sequences(std::string_view bytes);

/// Decodes UTF-8, and also CESU-8 (surrogate pairs of three bytes each) and Java's C0 80 for
/// U+0000. Nothing when the bytes are none of them.
std::optional<std::u32string> decode_utf8_variants(std::string_view bytes);

}  // namespace diptych::text
