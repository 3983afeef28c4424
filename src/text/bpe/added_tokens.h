#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::text {

/// A token that stands for a stretch of text as it is, whatever its words.
struct AddedToken {
  std::u32string content;
  std::int32_t id = 0;
  bool in_cleaned_text = false;  ///< looked for after a text was cleaned rather than before
};

/// Reads added tokens as a vocabulary file has them, "ID raw CONTENT" or "ID cleaned CONTENT", one
/// a line. Throws Error(corrupt_data) for other lines.
std::vector<AddedToken> parse_added_tokens(std::string_view lines);

/// Writes the same lines.
std::string write_added_token(std::int32_t id, bool in_cleaned_text, std::string_view content);

/// Where the first token of a text is, the longest of those that begin there.
struct FoundToken {
  std::size_t begin;
  std::size_t length;
  std::int32_t id;
};

/// Returns the first of `tokens` in a text; one of length 0 at its end when there is none.
FoundToken find_token(std::u32string_view text, const std::vector<AddedToken>& tokens);

}  // namespace diptych::text
