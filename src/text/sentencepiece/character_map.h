#pragma once

#include <string_view>

namespace diptych::text {

/// Checks the character map of a SentencePiece model, which its library follows without looking:
/// every way through its trie stays inside, ends, and leads to a replacement that is there. Throws
/// Error(corrupt_data). An empty map is none and passes.
void check_character_map(std::string_view map, std::string_view name);

}  // namespace diptych::text
