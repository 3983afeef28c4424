#pragma once

#include <diptych/tokenizer.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Lines of a file of texts that one note is about, by their numbers from 1.
using LineNumbers = std::vector<std::size_t>;

/// Returns "3 of 10 texts (lines 2, 5, 7)": no more than five lines by number.
std::string count_of_texts(const LineNumbers& lines, std::size_t texts);

/// Returns whether a tokenizer leaves out the end of a text to keep to so many tokens.
bool is_cut(const diptych::Tokenizer& tokenizer, std::string_view text, int context_length);
