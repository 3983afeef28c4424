#pragma once

#include <string>
#include <string_view>
#include <vector>

// How messages say what was wrong with a value.

/// Returns "got X, expected Y".
std::string not_expected(std::string_view got, std::string_view expected);

/// Returns "one of A, B", or only "A".
std::string list_of_words(const std::vector<std::string>& words);

/// Returns "got X, expected one of A, B".
std::string not_one_of(std::string_view got, const std::vector<std::string>& words);
