#pragma once

#include <string>
#include <vector>

/// Returns the labels of a list between commas (also ， and 、) and line ends, without the blanks
/// around them; one in double quotes is what stands in them, commas included.
std::vector<std::string> listed_labels(const std::string& list);

/// Returns the labels of a file, "-" for standard input: one a line without the blanks around it,
/// empty lines at the end left out; or, in a file whose name ends in .json, a JSON array of texts.
/// Throws Error: not_found, io, corrupt_data, invalid_argument as `diptych::check_labels`.
std::vector<std::string> labels_in_file(const std::string& file);
