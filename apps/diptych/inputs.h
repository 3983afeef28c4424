#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Says which files are named twice, and therefore taken twice.
void note_repeated(const std::vector<std::string>& files);

/// Returns the lines of a text file, or of standard input for "-", without their line ends (LF,
/// CR LF or CR) and without a byte order mark. Throws Error: not_found, io.
std::vector<std::string> read_lines(const std::string& path);

/// Reads names that end with a NUL each, as `find -print0` writes them. Throws Error: not_found,
/// io.
std::vector<std::string> read_nul_ended(const std::string& path);

/// Throws Error(io) when what was read of standard input ended by an error.
void check_standard_input();

/// Returns a text without the blanks around it: spaces, tabs, carriage returns and the full-width
/// space.
std::string_view trim(std::string_view text);

/// Returns the parts between commas (also "，" and "、"), without blanks around them; a part in
/// double quotes is what stands in them. One part for a text without a comma. Throws
/// Error(invalid_argument) for a part that begins with a quote that nothing closes.
std::vector<std::string> split_list(std::string_view text);
